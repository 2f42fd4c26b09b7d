import type { Schema } from "~/api/client";

type Span = Schema["InstanceSpan"];

export interface Bar {
  taskId: string;
  mapIndex: number;
  state: string;
  tryNumber: number;
  /** Milliseconds since the epoch. */
  start: number;
  /** Since when it could have begun, if that can be told: all that comes before it had ended. */
  readyAt: number | null;
  /** Now, while it goes on. */
  end: number;
  over: boolean;
}

interface Known {
  now: number;
  /** When the run began. */
  runStart: string | null;
  /** What comes right before each task. */
  upstream: (taskId: string) => string[];
}

/** What has begun, in the order in which it did, and how much has not. */
export function barsOf(instances: Span[], { now, runStart, upstream }: Known): { bars: Bar[]; notBegun: number } {
  const ends = new Map<string, number>();
  for (const { task_id, end_date } of instances) {
    if (end_date) ends.set(task_id, Math.max(ends.get(task_id) ?? 0, Date.parse(end_date)));
  }
  const bars = instances.flatMap((one): Bar[] => {
    if (!one.start_date) return [];
    const start = Date.parse(one.start_date);
    const before = upstream(one.task_id).flatMap((task) => ends.get(task) ?? []);
    const ready = before.length > 0 ? Math.max(...before) : runStart ? Date.parse(runStart) : start;
    return [
      {
        taskId: one.task_id,
        mapIndex: one.map_index,
        state: one.state,
        tryNumber: one.try_number,
        start,
        // Before a second try there was the first; what waits for less than all began earlier.
        readyAt: ready < start && one.try_number <= 1 ? ready : null,
        end: one.end_date ? Date.parse(one.end_date) : Math.max(start, now),
        over: one.end_date !== null,
      },
    ];
  });
  bars.sort((a, b) => a.start - b.start || a.end - b.end);
  return { bars, notBegun: instances.length - bars.length };
}

/** A chart has some width, even of what took no time. */
const LEAST = 10;

/** From when to when the chart reaches: never nothing. */
export function reachOf(bars: Bar[], runStart: string | null, runEnd: string | null): [number, number] {
  const times = bars.flatMap((bar) => [bar.readyAt ?? bar.start, bar.end]);
  for (const end of [runStart, runEnd]) if (end) times.push(Date.parse(end));
  const from = times.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY);
  const to = times.reduce((most, one) => Math.max(most, one), Number.NEGATIVE_INFINITY);
  return Number.isFinite(from) ? [from, Math.max(to, from + LEAST)] : [0, LEAST];
}

const STEPS = [
  10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000,
  1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000,
];

/** Round times after the beginning, in milliseconds, at most so many: the marks of the axis. */
export function ticksOf(length: number, most: number): number[] {
  const day = 86_400_000;
  const step = STEPS.find((one) => length / one <= most) ?? Math.ceil(length / most / day) * day;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, place) => place * step);
}
