import type { RunTask } from "./rows";

/** When a task went on, as parts (0 to 1) of the time that a run took. */
export interface Bar {
  task: RunTask;
  begin: number;
  length: number;
}

/** The tasks of a run that have begun, the first first, over the time from its first task to its last, or until `now`. */
export function barsOf(tasks: readonly RunTask[], now: number): { bars: Bar[]; from: number; seconds: number } {
  const spans = tasks
    .filter((task) => task.start_date !== null)
    .map((task) => {
      const start = Date.parse(task.start_date ?? "");
      return { task, start, end: Math.max(start, task.end_date ? Date.parse(task.end_date) : now) };
    })
    .sort((a, b) => a.start - b.start || a.end - b.end);
  const from = spans[0]?.start ?? now;
  const until = Math.max(...spans.map((span) => span.end), from);
  const whole = Math.max(until - from, 1);
  return {
    bars: spans.map(({ task, start, end }) => ({
      task,
      begin: (start - from) / whole,
      length: (end - start) / whole,
    })),
    from,
    seconds: (until - from) / 1000,
  };
}

/** The state that a task as a whole is shown in: of a mapped one, the worst that one of its instances is in. */
export function stateOf(task: RunTask): string {
  if (task.state) return task.state;
  const counts = task.counts ?? {};
  return WORST.find((state) => counts[state]) ?? Object.keys(counts)[0] ?? "none";
}

const WORST = [
  "failed",
  "upstream_failed",
  "running",
  "up_for_retry",
  "up_for_reschedule",
  "deferred",
  "queued",
  "success",
];
