/** Milliseconds that the server's clock is ahead of this one: durations of what goes on are told by the server's. */
let ahead = 0;

/** Learns from a Date header, or a time in an answer; headers have whole seconds, so less than two tell nothing. */
export function noteServerTime(date: string | null): void {
  const told = date ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(told)) return;
  const found = told - Date.now();
  ahead = Math.abs(found) < 2000 ? 0 : found;
}

/** Now, as the server has it. */
export function serverNow(): number {
  return Date.now() + ahead;
}
