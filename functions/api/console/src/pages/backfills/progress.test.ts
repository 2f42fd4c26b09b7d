import { describe, expect, it } from "vitest";
import { progress } from "./progress";

const runs = { created: 5, rerun: 1, skipped: 2, active: 2, success: 3, failed: 1 };

describe("how far a backfill has come", () => {
  it("has dates that it has not come to", () => {
    expect(progress({ intervals: { count: 10, more: false }, runs })).toEqual({
      success: 3,
      failed: 1,
      active: 2,
      skipped: 2,
      left: 2,
      more: false,
      total: 10,
    });
  });

  it("may have come further than dates are counted", () => {
    expect(progress({ intervals: { count: 7, more: true }, runs }).left).toBe(0);
  });
});
