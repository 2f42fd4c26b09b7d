import { expect, it } from "vitest";
import { moved } from "./roving";

const size = { rows: 10, columns: 5, page: 4 };

it.each([
  ["ArrowDown", false, { row: 3, column: 2 }],
  ["ArrowUp", false, { row: 1, column: 2 }],
  ["ArrowLeft", false, { row: 2, column: 1 }],
  ["ArrowRight", false, { row: 2, column: 3 }],
  ["Home", false, { row: 2, column: 0 }],
  ["End", false, { row: 2, column: 4 }],
  ["Home", true, { row: 0, column: 0 }],
  ["End", true, { row: 9, column: 4 }],
  ["PageDown", false, { row: 6, column: 2 }],
  ["PageUp", false, { row: 0, column: 2 }],
  ["a", false, null],
])("%s (control: %s) leads to %j", (key, ctrl, expected) => {
  expect(moved({ row: 2, column: 2 }, key, ctrl, size)).toEqual(expected);
});

it("stays within the grid", () => {
  expect(moved({ row: 9, column: 4 }, "ArrowDown", false, size)).toEqual({ row: 9, column: 4 });
  expect(moved({ row: 0, column: 0 }, "ArrowLeft", false, size)).toEqual({ row: 0, column: 0 });
});
