import { describe, expect, it } from "vitest";
import { dayAgo, rangeOf, withTime } from "./range";

describe("the range of a backfill", () => {
  it("has whole days, as the DAG's clocks have them", () => {
    expect(rangeOf("2024-01-02", "2024-01-03", "UTC")).toEqual({
      from_date: "2024-01-02T00:00:00.000Z",
      to_date: "2024-01-03T23:59:59.000Z",
    });
    expect(rangeOf("2024-03-31", "2024-03-31", "Europe/Madrid")).toEqual({
      from_date: "2024-03-30T23:00:00.000Z",
      to_date: "2024-03-31T21:59:59.000Z",
    });
  });

  it("may have times", () => {
    expect(rangeOf("2024-01-02T04:05", "2024-01-02T06:00", "Europe/Madrid")).toEqual({
      from_date: "2024-01-02T03:05:00.000Z",
      to_date: "2024-01-02T05:00:00.000Z",
    });
    expect(withTime("2024-01-02", true, "23:59")).toBe("2024-01-02T23:59");
    expect(withTime("2024-01-02T04:05", true, "23:59")).toBe("2024-01-02T04:05");
    expect(withTime("2024-01-02T04:05", false, "23:59")).toBe("2024-01-02");
    expect(withTime("", true, "23:59")).toBe("");
  });

  it("is none without both dates", () => {
    expect(rangeOf("", "2024-01-03", "UTC")).toBeNull();
    expect(rangeOf("2024-01-02", "", "UTC")).toBeNull();
  });

  it("begins with days that are over", () => {
    expect(dayAgo(Date.parse("2024-01-08T23:30:00Z"), 7, "UTC")).toBe("2024-01-01");
    expect(dayAgo(Date.parse("2024-01-08T23:30:00Z"), 7, "Europe/Madrid")).toBe("2024-01-02");
  });
});
