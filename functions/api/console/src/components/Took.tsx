import { useSyncExternalStore } from "react";
import { between, duration } from "~/time";

interface Props {
  start: string | null | undefined;
  end: string | null | undefined;
  /** Seconds, where the API tells them. */
  seconds?: number | null;
}

/** How long something took; it ticks, by the server's clock, while it goes on. */
export function Took({ start, end, seconds }: Props) {
  if (seconds !== null && seconds !== undefined) return duration(seconds);
  if (!start) return "–";
  return end ? duration(between(start, end)) : <Ticking start={start} />;
}

/** Draws who calls it again each second, while it is asked to. */
export function useSeconds(ticking = true): void {
  useSyncExternalStore(ticking ? everySecond : never, () => (ticking ? Math.floor(Date.now() / 1000) : 0));
}

const never = () => () => undefined;

function Ticking({ start }: { start: string }) {
  useSeconds();
  return duration(Math.round(between(start, null)));
}

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for all that tick. */
function everySecond(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
