import { describe, expect, it } from "vitest";
import { byUrgency, summary, worst } from "./states";

describe("one state for many", () => {
  it.each([
    [{ success: 3, failed: 1, running: 2 }, "failed"],
    [{ success: 3, running: 2, queued: 1 }, "running"],
    [{ success: 3, none: 1 }, "none"],
    [{ success: 1, skipped: 9 }, "success"],
    [{ skipped: 2 }, "skipped"],
    [{ success: 0 }, null],
    [{}, null],
  ])("%j", (counts, expected) => {
    expect(worst(counts)).toBe(expected);
  });

  it("is told with how many are in it", () => {
    expect(summary({ success: 20, failed: 2 })).toEqual({ state: "failed", text: "✕2" });
    expect(summary({ success: 2500 })).toEqual({ state: "success", text: "2k" });
  });

  it("comes first in a list of them", () => {
    expect(byUrgency({ success: 3, failed: 1, skipped: 0 })).toEqual([
      ["failed", 1],
      ["success", 3],
    ]);
  });
});
