/** Task instances of one run: all of a task, or (`mapIndex`) one instance of a mapped one. */
export interface Target {
  taskId: string;
  mapIndex: number | null;
}

/** As the API takes them where it clears. */
export function taskIds(targets: readonly Target[]): (string | [string, number])[] {
  return targets.map(({ taskId, mapIndex }) => (mapIndex === null ? taskId : [taskId, mapIndex]));
}

/** As the API takes them where it changes several. */
export function entities(targets: readonly Target[]) {
  return targets.map(({ taskId, mapIndex }) => ({
    task_id: taskId,
    ...ALONE,
    ...(mapIndex === null ? {} : { map_index: mapIndex }),
  }));
}

const ALONE = { include_upstream: false, include_downstream: false, include_past: false, include_future: false };

/** As people read them. */
export function nameOf({ taskId, mapIndex }: Target): string {
  return mapIndex === null ? taskId : `${taskId} [${mapIndex}]`;
}

interface Outcome {
  success?: string[];
  errors?: Record<string, unknown>[];
}

/** What a bulk request has not done, in words; undefined if it has done all. */
export function refusals(
  answer: Record<string, Outcome | null | undefined>,
): { done: number; why: string } | undefined {
  const outcomes = Object.values(answer).filter((outcome) => outcome !== null && outcome !== undefined);
  const errors = outcomes.flatMap((outcome) => outcome.errors ?? []);
  if (errors.length === 0) return undefined;
  const done = outcomes.reduce((sum, outcome) => sum + (outcome.success?.length ?? 0), 0);
  return { done, why: [...new Set(errors.map((error) => String(error.error ?? "")))].join("; ") };
}
