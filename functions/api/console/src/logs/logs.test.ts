import { describe, expect, it } from "vitest";
import { marked, plain, tokens, visible } from "./ansi";
import { contrast, readable } from "./contrast";
import { matcher, places, Search } from "./find";
import { readHead } from "./head";
import { Rows } from "./rows";
import { LONGEST, LogText } from "./text";
import { columns } from "./width";

const LINES = [
  "2026-01-31T04:05:06.123Z INFO    stdout | hello",
  "2026-01-31T04:05:07.000Z ERROR   brisa.task | it failed",
  "Traceback (most recent call last):",
  "2026-01-31T04:05:08.000Z DEBUG   x.y | detail",
  "",
];

function log(...lines: string[]): LogText {
  const text = new LogText();
  text.append(lines.map((line) => `${line}\n`).join(""));
  return text;
}

const all = (text: LogText) => Array.from({ length: text.count }, (_, piece) => text.piece(piece));

describe("a log", () => {
  it("is its lines, whatever parts it came in", () => {
    const text = log(...LINES);
    for (const line of LINES) text.append(`${line}\n`);
    expect(all(text)).toEqual([...LINES, ...LINES]);
    expect([text.count, text.lineCount, text.line(7)]).toEqual([10, 10, 8]);
  });

  it("has parts of any size", () => {
    const text = new LogText();
    const long = Array.from({ length: 5000 }, (_, number) => `line ${number} ${"x".repeat(100)}`);
    text.append(long.map((line) => `${line}\n`).join(""));
    text.append("next\nlast");
    expect(all(text)).toEqual([...long, "next", "last"]);
    expect(text.pieceOf(5002)).toBe(5001);
    expect(text.pieceOf(5003)).toBe(-1);
  });

  it("knows the levels of lines; one without has that of the line before", () => {
    const text = log(...LINES);
    expect(LINES.map((_, piece) => text.level(piece))).toEqual([2, 4, 4, 1, 1]);
    expect(LINES.map((_, piece) => text.hasHead(piece))).toEqual([true, true, false, true, false]);
  });

  it("shows a very long line as several pieces of one line, and cuts no character in two", () => {
    const text = log("a", `${"x".repeat(LONGEST - 1)}😀${"y".repeat(10)}`, "b");
    expect(all(text)).toEqual(["a", "x".repeat(LONGEST - 1), `😀${"y".repeat(10)}`, "b"]);
    expect([0, 1, 2, 3].map((piece) => text.line(piece))).toEqual([1, 2, 2, 3]);
    expect(text.continues(2)).toBe(true);
    expect(text.pieceOf(2)).toBe(1);
  });

  it("has no ends of lines, of Windows neither", () => {
    expect(all(log("one\r", "two"))).toEqual(["one", "two"]);
  });
});

describe("the rows of a log", () => {
  const shape = { level: 0, columns: 0, times: true };

  it("are its lines", () => {
    const rows = new Rows(log(...LINES), shape);
    expect([rows.count, rows.placeAt(3.7), rows.row(3), rows.placeAt(99)]).toEqual([5, 3, 3, 4]);
  });

  it("are more where lines go on below", () => {
    const rows = new Rows(log("x".repeat(25), "", "y".repeat(10), "z"), { ...shape, columns: 10 });
    expect([0, 1, 2, 3].map((place) => rows.row(place))).toEqual([0, 3, 4, 5]);
    expect([0, 2, 3, 4, 5].map((row) => rows.placeAt(row))).toEqual([0, 0, 1, 2, 3]);
    expect(rows.count).toBe(6);
  });

  it("are fewer where times are not shown", () => {
    const text = log("2026-01-31T04:05:06.123Z INFO    stdout | hello");
    expect(new Rows(text, { ...shape, columns: 30 }).count).toBe(2);
    expect(new Rows(text, { ...shape, columns: 30, times: false }).count).toBe(1);
  });

  it("are those of the levels that are wanted", () => {
    const rows = new Rows(log(...LINES), { ...shape, level: 4 });
    expect([rows.length, rows.piece(0), rows.piece(1)]).toEqual([2, 1, 2]);
    expect([rows.placeOf(1), rows.placeOf(0), rows.placeOf(4)]).toEqual([0, 0, 2]);
  });

  it("are none of nothing", () => {
    const rows = new Rows(new LogText(), { ...shape, columns: 10 });
    expect([rows.count, rows.length, rows.placeAt(0)]).toEqual([0, 0, 0]);
  });
});

describe("heads", () => {
  it("are taken from lines", () => {
    expect(readHead(LINES[0] ?? "")).toEqual({
      time: "2026-01-31T04:05:06.123Z",
      level: "INFO    ",
      source: "stdout | ",
      text: "hello",
    });
    expect(readHead("no head")).toBeNull();
  });
});

describe("colours", () => {
  it("become pieces, and text stays text", () => {
    const found = tokens("a \u001b[31mred\u001b[0m <b>\u001b[1;38;5;21mblue\u001b[4m line\u001b[0m");
    expect(found.map((one) => one.text)).toEqual(["a ", "red", " <b>", "blue", " line"]);
    expect(found.map((one) => one.color)).toEqual([null, [187, 0, 0], null, [0, 0, 255], [0, 0, 255]]);
    expect(found.map((one) => [one.bold, one.underline])).toEqual([
      [false, false],
      [false, false],
      [false, false],
      [true, false],
      [true, true],
    ]);
  });

  it("are left out of what is looked through", () => {
    expect(plain("\u001b[31mred\u001b[0m \u001b]8;;http://x\u0007link\u001b]8;;\u0007 \u001b[2Kx")).toBe("red link x");
    expect(tokens("\u001b]0;title\u0007x").map((one) => one.text)).toEqual(["x"]);
  });

  it("may be the other way round", () => {
    expect(tokens("\u001b[7mx")[0]).toMatchObject({ color: [0, 0, 0], background: [255, 255, 255] });
  });

  it("can be read on what is behind them", () => {
    for (const background of [
      [255, 255, 255],
      [20, 20, 20],
      [187, 187, 0],
    ] as const) {
      for (const color of [
        [255, 255, 85],
        [0, 0, 187],
        [85, 85, 85],
        [255, 255, 255],
      ] as const) {
        expect(contrast(readable(color, background), background)).toBeGreaterThanOrEqual(4.5);
      }
    }
    expect(readable([0, 0, 187], [255, 255, 255])).toEqual([0, 0, 187]);
  });
});

describe("what is found", () => {
  it("is marked across pieces", () => {
    const found = marked(tokens("a\u001b[31mbc\u001b[0mde"), [
      [1, 2],
      [2, 4],
    ]);
    expect(found.map((one) => [one.text, one.found])).toEqual([
      ["a", false],
      ["b", true],
      ["c", true],
      ["d", true],
      ["e", false],
    ]);
  });

  it("is taken as it was typed", () => {
    expect(places("a.b A.B axb", matcher("a.b"))).toEqual([
      [0, 3],
      [4, 7],
    ]);
  });

  it("is looked for in lines of the level that is shown, also in those that come later", () => {
    const text = log(...LINES);
    const search = new Search(text, "IT", 4);
    search.go();
    expect(search.found).toEqual([1]);
    text.append("2026-01-31T04:05:07.000Z ERROR   x | i\u001b[31mt\u001b[0m again\n");
    expect(search.over).toBe(false);
    search.go();
    expect([search.found, search.over]).toEqual([[1, 5], true]);
  });
});

describe("text", () => {
  it("hides nothing", () => {
    expect(visible("a\u0000b\u202ec\td\u007f")).toBe("a^@b<U+202E>c\td^?");
  });

  it.each([
    ["abc", 3],
    ["日本", 4],
    ["a\tb", 9],
    ["\u001b[31mred\u001b[0m", 3],
    ["é", 1],
    ["e\u0301", 1],
    ["🎉", 2],
  ])("%s takes columns", (text, expected) => {
    expect(columns(text)).toBe(expected);
  });
});
