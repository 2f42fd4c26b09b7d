import { describe, expect, it } from "vitest";
import { LONGEST, lineOf, linesOf } from "./tokens";

const text = (source: string) =>
  linesOf(source)
    .map((line) => line.map((token) => token.text).join(""))
    .join("\n");

describe("coloured source", () => {
  it("knows what is what in Python", () => {
    const [first] = linesOf('def greet(name):  # hello\n    return f"hi {name}"\n');
    const kinds = Object.fromEntries(first?.map(({ text, kind }) => [text, kind]) ?? []);
    expect(kinds.def).toBe("tok-keyword");
    expect(kinds["# hello"]).toBe("tok-comment");
    expect(kinds.name).toContain("tok-variableName");
  });

  it.each([
    ["", ""],
    ["x = 1\n\n\ny = '''a\nb'''", "x = 1\n\n\ny = '''a\nb'''"],
    ["<script>alert(1)</script> 'never ends\n\t(((", "<script>alert(1)</script> 'never ends\n\t((("],
  ])("is all of it, even of what is no Python: %j", (source, expected) => {
    expect(text(source)).toBe(expected);
  });

  it("has no colours when it is too long", () => {
    const lines = linesOf(`x = 1\n${"#".repeat(LONGEST)}`);
    expect(lines.map((line) => line.map((token) => token.kind))).toEqual([[""], [""]]);
  });
});

it.each([
  ["#L12", 12],
  ["#l12", 0],
  ["#L", 0],
  ["", 0],
])("%j names line %i", (hash, line) => {
  expect(lineOf(hash)).toBe(line);
});
