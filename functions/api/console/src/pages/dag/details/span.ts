const ISO = /^(-)?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** The seconds of a duration in the API's words, "P1DT2H": null for what is none. */
export function secondsOf(duration: string): number | null {
  const found = ISO.exec(duration);
  if (!found || duration.endsWith("P") || duration.endsWith("T")) return null;
  const [, minus, weeks, days, hours, minutes, seconds] = found;
  const number = (text: string | undefined) => Number(text ?? 0);
  const whole = ((number(weeks) * 7 + number(days)) * 24 + number(hours)) * 60 + number(minutes);
  return (minus ? -1 : 1) * (whole * 60 + number(seconds));
}

/** Whether a link that somebody has written leads to a page or a letter box, and runs nothing. */
export function isSafe(url: string): boolean {
  return /^(https?:\/\/|mailto:)/i.test(url);
}
