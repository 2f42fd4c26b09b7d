import { dayAfter } from "~/wallclock";

/** The weeks of a month ("2026-11"), from Monday to Sunday; null where a day belongs to another month. */
export function weeksOf(month: string): (string | null)[][] {
  const first = `${month}-01`;
  // A Sunday is 0 for JavaScript, and last for a week.
  const before = (new Date(`${first}T00:00Z`).getUTCDay() + 6) % 7;
  const weeks: (string | null)[][] = [];
  for (let monday = dayAfter(first, -before); monday < dayAfter(lastOf(month)); monday = dayAfter(monday, 7)) {
    const days = Array.from({ length: 7 }, (_, place) => dayAfter(monday, place));
    weeks.push(days.map((day) => (day.startsWith(month) ? day : null)));
  }
  return weeks;
}

/** The months of a year. */
export function monthsOf(year: string): string[] {
  return Array.from({ length: 12 }, (_, place) => `${year}-${String(place + 1).padStart(2, "0")}`);
}

/** The month that comes so many after another. */
export function monthAfter(month: string, months: number): string {
  const date = new Date(`${month}-01T00:00Z`);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.toISOString().slice(0, 7);
}

function lastOf(month: string): string {
  return dayAfter(`${monthAfter(month, 1)}-01`, -1);
}

/** What a calendar shows: a year, or a month; and the first day, and the first day that is no longer shown. */
export interface Span {
  month: string | null;
  year: string;
  from: string;
  until: string;
}

/** What the address asks for; without a word, or with nonsense, the year of today. */
export function spanOf(year: string, month: string, today: string): Span {
  if (/^[12]\d{3}-(0[1-9]|1[0-2])$/.test(month)) {
    return { month, year: month.slice(0, 4), from: `${month}-01`, until: `${monthAfter(month, 1)}-01` };
  }
  const shown = /^[12]\d{3}$/.test(year) ? year : today.slice(0, 4);
  return { month: null, year: shown, from: `${shown}-01-01`, until: `${Number(shown) + 1}-01-01` };
}

const ARROWS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

/** The day that a key leads to, within a span; null for keys that lead nowhere. */
export function movedDay(day: string, key: string, { from, until }: Span): string | null {
  if (key === "Home") return from;
  if (key === "End") return dayAfter(until, -1);
  const step = ARROWS[key];
  if (step === undefined) return null;
  const to = dayAfter(day, step);
  return to >= from && to < until ? to : null;
}
