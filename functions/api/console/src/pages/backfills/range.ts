import { boundsOf, dayOf, instantOf, isDay } from "~/wallclock";

/**
 * From when to when a backfill goes whose first and last date are days ("2026-01-31"), of which the last is meant to its
 * end, or times ("2026-01-31T04:05"), as clocks of a zone show them; null if one of them is neither.
 */
export function rangeOf(from: string, to: string, zone: string): { from_date: string; to_date: string } | null {
  const begin = instantOf(from, zone);
  const end = isDay(to) ? lastOf(to, zone) : instantOf(to, zone);
  return begin && end ? { from_date: begin, to_date: end } : null;
}

/** The same date with a time, or without. */
export function withTime(date: string, timed: boolean, time: string): string {
  if (!timed) return date.slice(0, 10);
  return isDay(date) ? `${date}T${time}` : date;
}

/** The day that it is in a zone, so many days ago. */
export function dayAgo(now: number, days: number, zone: string): string {
  return dayOf(now - days * 86_400_000, zone);
}

function lastOf(day: string, zone: string): string | null {
  const bounds = boundsOf(day, zone);
  return bounds && new Date(Date.parse(bounds[1]) - 1000).toISOString();
}
