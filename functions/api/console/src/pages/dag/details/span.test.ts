import { expect, it } from "vitest";
import { isSafe, secondsOf } from "./span";

it.each([
  ["PT1H", 3600],
  ["P1DT2H3M4.5S", 93_784.5],
  ["P2W", 1_209_600],
  ["-PT5S", -5],
  ["PT", null],
  ["P", null],
  ["3600", null],
])("%s is %s seconds", (text, seconds) => {
  expect(secondsOf(text)).toBe(seconds);
});

it.each([
  ["https://example.com", true],
  ["mailto:ana@example.com", true],
  ["javascript:alert(1)", false],
  [" javascript:alert(1)", false],
  ["/logout", false],
])("%j is safe: %s", (url, safe) => {
  expect(isSafe(url)).toBe(safe);
});
