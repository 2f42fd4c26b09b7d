import { describe, expect, it } from "vitest";
import { indented, inexact, isJson, memberOf, pretty, readObject } from "./json";

describe("JSON as text", () => {
  it.each([
    [{}],
    [[]],
    [null],
    ['a "quoted" \\ text: {[,]}'],
    [{ a: [1, -2.5e30, true, null, {}, []], "b:c": { d: "x,y" } }],
    [[[1, [2]], { a: {} }]],
  ])("%j is indented", (value) => {
    expect(indented(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
    expect(indented(JSON.stringify(value, null, 7))).toBe(JSON.stringify(value, null, 2));
  });

  it("keeps the digits of its numbers", () => {
    expect(indented('{"n":12345678901234567890.50}')).toBe('{\n  "n": 12345678901234567890.50\n}');
  });

  it("has members", () => {
    const text = '{"key":"value", "value": {"value":[1,2,"}"]},"last":12345678901234567890}';
    expect(memberOf(text, "value")).toBe('{"value":[1,2,"}"]}');
    expect(memberOf(text, "key")).toBe('"value"');
    expect(memberOf(text, "last")).toBe("12345678901234567890");
    expect(memberOf(text, "none")).toBeUndefined();
  });

  it.each([
    ['{"a": 1, "b": [-9007199254740992, 1.5, 1e400]}', undefined],
    ["[1, 9007199254740993]", "9007199254740993"],
    ['"9007199254740993"', undefined],
  ])("%s may have numbers that can't be sent", (text, expected) => {
    expect(inexact(text)).toBe(expected);
  });
});

describe("JSON that people read", () => {
  it("has its lines and its letters, and loses no digit", () => {
    expect(pretty('{"a":[1,2],"b":"x y"}')).toBe('{\n  "a": [\n    1,\n    2\n  ],\n  "b": "x y"\n}');
    expect(pretty('{"\\u00e9":"\\n\\u0022"}')).toBe('{\n  "é": "\\n\\""\n}');
    expect(pretty('{"n":12345678901234567890,"t":[1.0]}')).toBe(
      '{\n  "n": 12345678901234567890,\n  "t": [\n    1.0\n  ]\n}',
    );
  });

  it.each(["", "plain text", "{a: 1}", "12", '"text"', "null"])("leaves %s as it is", (text) => {
    expect(isJson(text)).toBe(false);
    expect(pretty(text)).toBe(text);
  });

  it("may have to be an object", () => {
    expect(readObject(" ")).toEqual({});
    expect(readObject('{"a": 1}')).toEqual({ a: 1 });
    expect(readObject("[1]")).toBeNull();
    expect(readObject("{")).toBeNull();
  });
});
