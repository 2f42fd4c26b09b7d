import { describe, expect, it } from "vitest";
import { monthAfter, monthsOf, movedDay, spanOf, weeksOf } from "./days";

describe("a month", () => {
  it("has weeks from Monday to Sunday", () => {
    const weeks = weeksOf("2026-11");
    expect(weeks).toHaveLength(6);
    expect(weeks[0]).toEqual([null, null, null, null, null, null, "2026-11-01"]);
    expect(weeks[5]?.slice(0, 2)).toEqual(["2026-11-30", null]);
    expect(weeksOf("2027-02")).toHaveLength(4);
  });

  it("is followed by another", () => {
    expect(monthAfter("2026-12", 1)).toBe("2027-01");
    expect(monthAfter("2026-01", -1)).toBe("2025-12");
    expect(monthsOf("2026").at(-1)).toBe("2026-12");
  });
});

it.each([
  ["", "", { month: null, year: "2026", from: "2026-01-01", until: "2027-01-01" }],
  ["2024", "", { month: null, year: "2024", from: "2024-01-01", until: "2025-01-01" }],
  ["2024", "2025-12", { month: "2025-12", year: "2025", from: "2025-12-01", until: "2026-01-01" }],
  ["soon", "2025-13", { month: null, year: "2026", from: "2026-01-01", until: "2027-01-01" }],
])("year %j and month %j", (year, month, expected) => {
  expect(spanOf(year, month, "2026-11-30")).toEqual(expected);
});

it.each([
  ["ArrowRight", "2026-11-16"],
  ["ArrowUp", "2026-11-08"],
  ["Home", "2026-11-01"],
  ["End", "2026-11-30"],
  ["a", null],
])("from the 15th, %s leads to %s", (key, expected) => {
  expect(movedDay("2026-11-15", key, spanOf("", "2026-11", ""))).toBe(expected);
});

it("keys stay within what is shown", () => {
  expect(movedDay("2026-11-30", "ArrowRight", spanOf("", "2026-11", ""))).toBeNull();
});
