import { describe, expect, it } from "vitest";
import { barsOf, reachOf, ticksOf } from "./timeline";

const at = (second: number) => new Date(second * 1000).toISOString();
const span = (task_id: string, start: number | null, end: number | null, try_number = 1) => ({
  task_id,
  map_index: -1,
  state: end ? "success" : start ? "running" : "none",
  try_number,
  start_date: start === null ? null : at(start),
  end_date: end === null ? null : at(end),
});

describe("the bars of a run", () => {
  const instances = [span("b", 20, 30), span("a", 10, 15), span("c", 31, null, 2), span("d", null, null)];
  const upstream = (taskId: string) => ({ b: ["a"], c: ["b"] })[taskId] ?? [];
  const { bars, notBegun } = barsOf(instances, { now: 40_000, runStart: at(9), upstream });

  it("come in the order in which things began", () => {
    expect(bars.map((bar) => [bar.taskId, bar.start, bar.end])).toEqual([
      ["a", 10_000, 15_000],
      ["b", 20_000, 30_000],
      ["c", 31_000, 40_000],
    ]);
    expect(notBegun).toBe(1);
  });

  it("say since when each could have begun, and what goes on", () => {
    expect(bars.map((bar) => bar.readyAt)).toEqual([9000, 15_000, null]);
    expect(bars.map((bar) => bar.over)).toEqual([true, true, false]);
  });

  it("say no such thing of what waits for less than all before it", () => {
    const early = [span("a", 10, 15), span("b", 12, 14)];
    expect(barsOf(early, { now: 0, runStart: null, upstream }).bars[1]?.readyAt).toBeNull();
  });

  it("reach from the first to the last", () => {
    expect(reachOf(bars, at(9), null)).toEqual([9000, 40_000]);
    expect(reachOf([], null, null)).toEqual([0, 10]);
    expect(reachOf([], at(9), at(9))).toEqual([9000, 9010]);
  });
});

it.each([
  [10, 4, [0, 10]],
  [9000, 5, [0, 2000, 4000, 6000, 8000]],
  [3_600_000, 4, [0, 900_000, 1_800_000, 2_700_000, 3_600_000]],
  [20 * 86_400_000, 5, [0, 4, 8, 12, 16, 20].map((day) => day * 86_400_000)],
])("%i ms have marks at round times", (length, most, expected) => {
  expect(ticksOf(length, most)).toEqual(expected);
});
