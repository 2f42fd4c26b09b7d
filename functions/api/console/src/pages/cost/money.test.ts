import { describe, expect, it } from "vitest";
import { amount, money } from "./money";

describe("figures of a bill", () => {
  it.each([
    [0, "$0.00"],
    [1234.5, "$1,234.50"],
    [0.256, "$0.256"],
    [0.00123, "$0.00123"],
    [0.0000001, "$0.00"],
  ])("%d in dollars", (value, expected) => {
    expect(money(value, "USD", "en")).toBe(expected);
  });

  it.each([
    [12345.6, "12,346"],
    [3.456, "3.46"],
    [0.00123, "0.0012"],
    [0, "0"],
  ])("%d", (value, expected) => {
    expect(amount(value, "en")).toBe(expected);
  });
});
