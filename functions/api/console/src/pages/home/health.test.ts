import { describe, expect, it } from "vitest";
import { troubles } from "./health";

const BEAT = "2026-01-01T00:00:00Z";

function health(store: string, scheduler: string, processor: string | null, beat: string | null = BEAT) {
  return {
    metadatabase: { status: store },
    scheduler: { status: scheduler, latest_scheduler_heartbeat: beat },
    triggerer: { status: null, latest_triggerer_heartbeat: null },
    dag_processor: { status: processor, latest_dag_processor_heartbeat: beat },
  };
}

describe("what does not work", () => {
  it.each([
    ["nothing, if all is well", health("healthy", "healthy", "healthy"), []],
    ["nothing, of what is none here", health("healthy", "healthy", null, null), []],
    ["the store, and then nobody knows of the rest", health("unhealthy", "unhealthy", null), [{ what: "store" }]],
    ["a silent scheduler", health("healthy", "unhealthy", "healthy"), [{ what: "scheduler", since: BEAT }]],
    ["a scheduler that is no process", health("healthy", "unhealthy", null, null), [{ what: "overdue" }]],
    ["who looks at files", health("healthy", "healthy", "unhealthy"), [{ what: "dagProcessor", since: BEAT }]],
  ])("%s", (_, told, expected) => {
    expect(troubles(told)).toEqual(expected);
  });
});
