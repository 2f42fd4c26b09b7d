import type { StateName } from "~/components/State";

/** From what somebody must see first to what needs nobody: many states together are shown as the first of them. */
const WORST_FIRST: StateName[] = [
  "failed",
  "upstream_failed",
  "up_for_retry",
  "restarting",
  "running",
  "awaiting_input",
  "deferred",
  "up_for_reschedule",
  "queued",
  "scheduled",
  "none",
  "success",
  "skipped",
  "removed",
];
const RANK = new Map<string, number>(WORST_FIRST.map((state, rank) => [state, rank]));

export type Counts = Record<string, number>;

function rank(state: string): number {
  return RANK.get(state) ?? WORST_FIRST.length;
}

/** The one state that stands for all that are counted; null if there is none. */
export function worst(counts: Counts): string | null {
  let found: string | null = null;
  for (const state of Object.keys(counts)) {
    if (counts[state] && (found === null || rank(state) < rank(found))) found = state;
  }
  return found;
}

/** States in the order in which people look at them. */
export function byUrgency(counts: Counts): [string, number][] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => rank(a) - rank(b));
}

/** Adds to `counts` what `more` has counted. */
export function add(counts: Counts, more: Counts): Counts {
  for (const [state, count] of Object.entries(more)) counts[state] = (counts[state] ?? 0) + count;
  return counts;
}

/** A sign beside each colour: nobody has to tell states by colour alone. Success, the usual, has none. */
const SIGNS: Partial<Record<string, string>> = {
  failed: "✕",
  upstream_failed: "↑",
  up_for_retry: "↻",
  restarting: "↺",
  running: "▸",
  awaiting_input: "?",
  deferred: "‖",
  up_for_reschedule: "◔",
  queued: "…",
  scheduled: "·",
  skipped: "»",
  removed: "–",
};

export function signOf(state: string | null | undefined): string {
  return SIGNS[state ?? "none"] ?? "";
}

/** A number that fits into a small cell: 7, 250, 1k. */
export function small(count: number): string {
  return count < 1000 ? String(count) : `${Math.floor(count / 1000)}k`;
}

/** Sign and number for what stands for several: "✕2" for two that have failed, "12" for twelve that are well. */
export function summary(counts: Counts): { state: string | null; text: string } {
  const state = worst(counts);
  return state === null ? { state, text: "" } : { state, text: signOf(state) + small(counts[state] ?? 0) };
}

/** Whether a run, or a task in it, has come to its end. */
export function isOver(state: string | null | undefined): boolean {
  return ["success", "failed", "skipped", "upstream_failed", "removed"].includes(state ?? "none");
}
