const DAY = 86_400_000;
const fields = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds that a zone's clocks are ahead of UTC at a moment. */
function ahead(at: number, zone: string): number {
  const part: Record<string, number> = {};
  for (const { type, value } of clockOf(zone).formatToParts(at)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}

/** A zone that the browser does not know is UTC. */
function clockOf(zone: string): Intl.DateTimeFormat {
  let found = fields.get(zone);
  if (!found) {
    try {
      found = new Intl.DateTimeFormat("en-US", { ...SHOWN, timeZone: zone });
    } catch {
      found = new Intl.DateTimeFormat("en-US", { ...SHOWN, timeZone: "UTC" });
    }
    fields.set(zone, found);
  }
  return found;
}

const SHOWN: Intl.DateTimeFormatOptions = {
  calendar: "iso8601",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  second: "numeric",
  hourCycle: "h23",
};

/**
 * The moment, as ISO 8601 in UTC, at which the clocks of a zone show a date and time ("2026-01-31", "2026-01-31T04:05");
 * where they are put back, the first; where they jump over it, as long after it. Undefined for anything else.
 */
export function instantOf(wall: string, zone: string): string | undefined {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?$/.test(wall)) return undefined;
  const asUtc = Date.parse(wall.length === 10 ? `${wall}T00:00Z` : `${wall}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  const [before, after] = [ahead(asUtc - DAY, zone), ahead(asUtc + DAY, zone)];
  const found = [asUtc - before, asUtc - after].find((at) => at + ahead(at, zone) === asUtc) ?? asUtc - before;
  return new Date(found).toISOString();
}

/** What the clocks of a zone show at a moment, as an input of date and time takes it. */
export function wallOf(instant: string, zone: string): string {
  const at = Date.parse(instant);
  return Number.isNaN(at) ? "" : new Date(at + ahead(at, zone)).toISOString().slice(0, 19);
}

/** The same to the minute, as an input of date and time without seconds has it. */
export function minuteOf(instant: string, zone: string): string {
  return wallOf(instant, zone).slice(0, 16);
}

/** The day that it is in a zone at a moment, in milliseconds since the epoch. */
export function dayOf(at: number, zone: string): string {
  return wallOf(new Date(at).toISOString(), zone).slice(0, 10);
}

/** The day after a day, or so many later: "2026-02-28" and 1 make "2026-03-01". */
export function dayAfter(day: string, days = 1): string {
  return new Date(Date.parse(`${day}T00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/** From when to when a day lasts in a zone, 23 to 25 hours; null for what is no day. */
export function boundsOf(day: string, zone: string): [string, string] | null {
  const from = isDay(day) ? instantOf(day, zone) : undefined;
  const to = from && instantOf(dayAfter(day), zone);
  return from && to ? [from, to] : null;
}

export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text);
}

/** The moment that an address names: as it is, or a day or a time of a zone. Undefined for anything else. */
export function named(text: string, zone: string): string | undefined {
  return instantOf(text, zone) ?? (/[Z+]/i.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined);
}
