import { describe, expect, it } from "vitest";
import { FileError, masked, readFile, writeFile } from "./file";

const variable = (key: string, value: string, description: string | null = null) => ({ key, value, description });

describe("a file of Variables", () => {
  it("is read as it was written", () => {
    const all = [
      variable("text", "plain"),
      variable("json", '{"a":[1,2]}'),
      variable("described", "x", "what it is"),
      variable("wrapped", '{"value":1}'),
      variable("long", "12345678901234567890"),
      variable("quoted", '"x"'),
      variable("empty", ""),
    ];
    const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
    expect(readFile(writeFile(all))).toEqual(
      all.map(({ key, value, description }) => ({
        key,
        value: expect.toSatisfy((found: unknown) => text(found) === value) as unknown,
        ...(description !== null || key === "wrapped" ? { description } : {}),
      })),
    );
  });

  it("is what Airflow writes", () => {
    expect(readFile('{"a": 1, "b": {"value": {"c": 2}, "description": "d"}, "e": {"value": 1, "other": 2}}')).toEqual([
      { key: "a", value: 1 },
      { key: "b", value: { c: 2 }, description: "d" },
      { key: "e", value: { value: 1, other: 2 } },
    ]);
  });

  it.each([
    ["{", "notJson"],
    ["[1]", "notObject"],
    ["null", "notObject"],
    ['{"@a": 1}', "badKey"],
    ['{"": 1}', "badKey"],
  ])("%s is none", (text, reason) => {
    expect(() => readFile(text)).toThrow(FileError);
    expect(() => readFile(text)).toThrow(reason);
  });

  it("may lack secrets", () => {
    expect(masked("***")).toBe(true);
    expect(masked({ a: [{ password: "***" }] })).toBe(true);
    expect(masked('{"password": "***"}')).toBe(true);
    expect(masked("a *** b")).toBe(false);
    expect(masked(null)).toBe(false);
    expect(masked("null")).toBe(false);
  });
});
