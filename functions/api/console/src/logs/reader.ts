import { ApiError } from "~/api/client";
import { LogText } from "./text";

/** A part of a log; the token tells where to go on, none that there is no more to come. */
export interface LogPart {
  text: string;
  token: string | null;
}

/** What the reader needs of the world. */
export interface World {
  part: (token: string | null, signal: AbortSignal) => Promise<LogPart>;
  /** Comes back after so many milliseconds, not before the page can be seen, and at once when the signal says so. */
  pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export type Status = "reading" | "waiting" | "over" | "full";

/** Characters up to which a log is shown; the file has all. */
export const MOST = 200_000_000;
/** Characters that are taken in without giving the page its turn. */
const BITE = 512 * 1024;
/** Milliseconds until more is asked for. The feed of changes tells of states, and nothing of lines. */
const PAUSE = 1000;
/** The same, while the server does not answer. */
const PATIENCE = 3000;

/** Reads the log of one try, part by part, and while the try runs what is added to it. */
export class LogReader {
  readonly text = new LogText();
  private state: { version: number; status: Status; error: unknown } = { version: 0, status: "reading", error: null };
  private readonly listeners = new Set<() => void>();
  private live = false;
  private woken = new AbortController();

  constructor(private readonly world: World) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = () => this.state;

  /** Whether something writes to the log now: only then is it looked at again and again. */
  follow(live: boolean): void {
    this.live = live;
    this.wake();
  }

  /** Look again now. */
  wake(): void {
    this.woken.abort();
  }

  async read(signal: AbortSignal): Promise<void> {
    let token: string | null = null;
    while (!signal.aborted) {
      this.woken = new AbortController();
      let caughtUp = false;
      try {
        const part: LogPart = await this.world.part(token, signal);
        token = part.token;
        // While it is written, whoever has got little has got all there is.
        caughtUp = part.text.length < (this.live ? BITE : 1);
        await this.take(part.text, signal);
        if (signal.aborted) return;
        if (token === null) return this.tell({ status: "over", error: null });
        if (this.text.size > MOST) return this.tell({ status: "full", error: null });
        this.tell({ status: caughtUp ? "waiting" : "reading", error: null });
      } catch (error) {
        if (signal.aborted) return;
        this.tell({ error });
        const refused = error instanceof ApiError && error.status >= 400 && error.status < 500;
        await this.until(refused ? null : PATIENCE, signal);
        continue;
      }
      if (caughtUp) await this.until(this.live ? PAUSE : null, signal);
    }
  }

  /** Comes back after a while, or (`null`) only when it is woken. */
  private async until(milliseconds: number | null, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.woken.signal]);
    if (milliseconds !== null) return this.world.pause(milliseconds, either);
    if (either.aborted) return;
    await new Promise<void>((resolve) => either.addEventListener("abort", () => resolve(), { once: true }));
  }

  private async take(text: string, signal: AbortSignal): Promise<void> {
    let begin = 0;
    while (begin < text.length) {
      const near = begin + BITE >= text.length ? -1 : text.indexOf("\n", begin + BITE);
      const end = near < 0 ? text.length : near + 1;
      this.text.append(text.slice(begin, end));
      begin = end;
      this.tell({ error: null });
      if (begin < text.length) await this.world.pause(0, signal);
    }
  }

  private tell(change: Partial<{ status: Status; error: unknown }>): void {
    this.state = { ...this.state, ...change, version: this.state.version + 1 };
    for (const listener of this.listeners) listener();
  }
}

/** A pause that lasts until somebody sees the page: what nobody reads is not asked for. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const seen = () => {
      if (!document.hidden) done();
    };
    const timer = setTimeout(() => {
      if (milliseconds > 0 && document.hidden) document.addEventListener("visibilitychange", seen);
      else done();
    }, milliseconds);
    if (signal.aborted) done();
    else signal.addEventListener("abort", done);
  });
}
