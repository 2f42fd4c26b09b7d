import { boundsOf, dayOf, isDay, named } from "./wallclock";

/**
 * From when to when runs became due, as an address says it (`?from=…&until=…`): moments, or times or days of a zone, of
 * which the last counts to its end. What is no time narrows nothing.
 */
export function spanOf(
  one: (name: string) => string,
  zone: string,
): { run_after_gte: string | undefined; run_after_lt: string | undefined } {
  const [from, until] = [one("from"), one("until")];
  return {
    run_after_gte: named(from, zone),
    run_after_lt: isDay(until) ? boundsOf(until, zone)?.[1] : named(until, zone),
  };
}

/** The days of a span, for who chooses by days: the first, and the last of which something is meant. */
export function daysOf(one: (name: string) => string, zone: string): { from: string; until: string } {
  const { run_after_gte, run_after_lt } = spanOf(one, zone);
  return {
    from: run_after_gte ? dayOf(Date.parse(run_after_gte), zone) : "",
    until: run_after_lt ? dayOf(Date.parse(run_after_lt) - 1, zone) : "",
  };
}
