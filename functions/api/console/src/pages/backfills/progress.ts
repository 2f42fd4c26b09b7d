import type { Schema } from "~/api/client";

export interface Progress {
  success: number;
  failed: number;
  active: number;
  skipped: number;
  /** Dates that it has not come to. */
  left: number;
  /** Whether there are more than so many: they are counted up to a bound. */
  more: boolean;
  /** Of all of these together. */
  total: number;
}

/** How far a backfill has come. */
export function progress({ intervals, runs }: Pick<Schema["BackfillResponse"], "intervals" | "runs">): Progress {
  const { success, failed, active, skipped } = runs;
  const begun = runs.created + runs.rerun + skipped;
  const left = Math.max(0, intervals.count - begun);
  return {
    success,
    failed,
    active,
    skipped,
    left,
    more: intervals.more,
    total: success + failed + active + skipped + left,
  };
}
