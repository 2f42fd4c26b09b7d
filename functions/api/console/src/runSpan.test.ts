import { describe, expect, it } from "vitest";
import { daysOf, spanOf } from "./runSpan";

const MADRID = "Europe/Madrid";

function address(text: string): (name: string) => string {
  const params = new URLSearchParams(text);
  return (name) => params.get(name) ?? "";
}

describe("a span of runs", () => {
  it.each([
    ["from=2026-07-01&until=2026-07-01", "2026-06-30T22:00:00.000Z", "2026-07-01T22:00:00.000Z"],
    ["from=2026-07-01T10:00&until=2026-07-01T11:00", "2026-07-01T08:00:00.000Z", "2026-07-01T09:00:00.000Z"],
    ["from=2026-07-01T10:00:00.000Z", "2026-07-01T10:00:00.000Z", undefined],
    ["until=never", undefined, undefined],
  ])("%s", (text, from, until) => {
    expect(spanOf(address(text), MADRID)).toEqual({ run_after_gte: from, run_after_lt: until });
  });

  it("is shown as its days", () => {
    const one = address("from=2026-06-30T22:00:00.000Z&until=2026-07-01T22:00:00.000Z");
    expect(daysOf(one, MADRID)).toEqual({ from: "2026-07-01", until: "2026-07-01" });
  });
});
