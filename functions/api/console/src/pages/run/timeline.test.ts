import { describe, expect, it } from "vitest";
import type { RunTask } from "./rows";
import { barsOf, stateOf } from "./timeline";

const NOW = Date.parse("2026-01-01T00:00:20Z");

function task(id: string, start: string | null, end: string | null): RunTask {
  return {
    task_id: id,
    label: id,
    operator: "Op",
    group_id: null,
    is_mapped: false,
    state: "success",
    counts: null,
    start_date: start && `2026-01-01T00:00:${start}Z`,
    end_date: end && `2026-01-01T00:00:${end}Z`,
    try_number: 1,
    max_tries: 0,
    notes: 0,
  };
}

describe("a timeline", () => {
  it("has a bar for each task that has begun, until now for what goes on", () => {
    const { bars, seconds } = barsOf([task("b", "10", null), task("a", "00", "05"), task("c", null, null)], NOW);
    expect(bars.map(({ task, begin, length }) => [task.task_id, begin, length])).toEqual([
      ["a", 0, 0.25],
      ["b", 0.5, 0.5],
    ]);
    expect(seconds).toBe(20);
  });

  it("is empty before anything has begun, and takes what took no time", () => {
    expect(barsOf([], NOW)).toEqual({ bars: [], from: NOW, seconds: 0 });
    expect(barsOf([task("a", "00", "00")], NOW).bars[0]).toMatchObject({ begin: 0, length: 0 });
  });

  it("shows a mapped task by the worst of its instances", () => {
    const mapped = { ...task("m", "00", null), state: null, counts: { success: 3, failed: 1 } };
    expect(stateOf(mapped)).toBe("failed");
    expect(stateOf({ ...mapped, counts: { removed: 1 } })).toBe("removed");
  });
});
