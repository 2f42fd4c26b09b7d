import { describe, expect, it } from "vitest";
import { type LogPart, LogReader } from "./reader";

/** A server that answers what is told, then nothing new; and pauses that end when the test says so. */
function world(...answers: (LogPart | Error)[]) {
  const asked: (string | null)[] = [];
  const pauses: number[] = [];
  let go: () => void = () => undefined;
  return {
    asked,
    pauses,
    next: () => go(),
    part: async (token: string | null) => {
      asked.push(token);
      const answer = answers.shift() ?? { text: "", token: "same" };
      if (answer instanceof Error) throw answer;
      return answer;
    },
    pause: (milliseconds: number, signal: AbortSignal) => {
      if (milliseconds === 0 || signal.aborted) return Promise.resolve();
      pauses.push(milliseconds);
      return new Promise<void>((resolve) => {
        go = resolve;
        signal.addEventListener("abort", () => resolve());
      });
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

function lines(reader: LogReader) {
  return Array.from({ length: reader.text.count }, (_, piece) => reader.text.piece(piece));
}

describe("a reader", () => {
  it("reads part after part, and stops at the end", async () => {
    const server = world({ text: "a\n", token: "1" }, { text: "b\n", token: "2" }, { text: "c\n", token: null });
    const reader = new LogReader(server);
    await reader.read(new AbortController().signal);
    expect(lines(reader)).toEqual(["a", "b", "c"]);
    expect([server.asked, server.pauses, reader.snapshot().status]).toEqual([[null, "1", "2"], [], "over"]);
  });

  it("takes large parts in bites, of whole lines", async () => {
    const line = "x".repeat(99);
    const server = world({ text: `${line}\n`.repeat(20_000), token: null });
    const reader = new LogReader(server);
    let told = 0;
    reader.subscribe(() => {
      told += 1;
    });
    await reader.read(new AbortController().signal);
    expect(reader.text.count).toBe(20_000);
    expect(new Set(lines(reader))).toEqual(new Set([line]));
    expect(told).toBeGreaterThan(3);
  });

  it("asks every second while the try runs, and else only when something has changed", async () => {
    const server = world({ text: "a\n", token: "1" }, { text: "", token: "1" });
    const reader = new LogReader(server);
    const ended = new AbortController();
    const reading = reader.read(ended.signal);
    await settled();
    expect([server.asked.length, server.pauses, reader.snapshot().status]).toEqual([2, [], "waiting"]);
    reader.follow(true);
    await settled();
    expect([server.asked.length, server.pauses]).toEqual([3, [1000]]);
    server.next();
    await settled();
    expect([server.asked.length, server.pauses]).toEqual([4, [1000, 1000]]);
    reader.follow(false);
    await settled();
    expect(server.asked.length).toBe(5);
    ended.abort();
    await reading;
    expect(server.asked.length).toBe(5);
  });

  it("asks once a second for lines that come one by one, and at once for the rest of a long log", async () => {
    const long = { text: `${"x".repeat(99)}\n`.repeat(10_000), token: "1" };
    const server = world(long, { text: "a\n", token: "2" }, { text: "b\n", token: "3" });
    const reader = new LogReader(server);
    reader.follow(true);
    const ended = new AbortController();
    const reading = reader.read(ended.signal);
    await settled();
    expect([server.asked.length, server.pauses]).toEqual([2, [1000]]);
    server.next();
    await settled();
    expect([server.asked.length, server.pauses, reader.text.count]).toEqual([3, [1000, 1000], 10_002]);
    ended.abort();
    await reading;
  });

  it("goes on where it was once the server answers again", async () => {
    const gone = new Error("gone");
    const server = world({ text: "a\n", token: "1" }, gone, { text: "b\n", token: null });
    const reader = new LogReader(server);
    const reading = reader.read(new AbortController().signal);
    await settled();
    expect([reader.snapshot().error, server.pauses]).toEqual([gone, [3000]]);
    server.next();
    await reading;
    expect([lines(reader), reader.snapshot().error, server.asked]).toEqual([["a", "b"], null, [null, "1", "1"]]);
  });
});
