import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { serverNow } from "./api/clock";

export type ZoneChoice = "local" | "utc" | "dag";
const KEPT = "brisa.zone";
const listeners = new Set<() => void>();

function kept(): ZoneChoice {
  const found = localStorage.getItem(KEPT);
  return found === "utc" || found === "dag" ? found : "local";
}

let zone = kept();

export function chooseZone(choice: ZoneChoice): void {
  zone = choice;
  localStorage.setItem(KEPT, choice);
  for (const listener of listeners) listener();
}

export function useZone(): ZoneChoice {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => zone,
  );
}

export const LOCAL = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The IANA name of the zone that times are shown in; `dagZone` is the DAG's, where there is one. */
export function zoneName(choice: ZoneChoice, dagZone?: string | null): string {
  if (choice === "utc") return "UTC";
  return (choice === "dag" && dagZone) || LOCAL;
}

/** The same for who knows of no DAG, outside of React. */
export function shownZone(): string {
  return zoneName(zone);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(language: string, timeZone: string, seconds: boolean): Intl.DateTimeFormat {
  const key = `${language} ${timeZone} ${seconds}`;
  let found = formats.get(key);
  if (!found) {
    const fields: Intl.DateTimeFormatOptions = {
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      ...(seconds ? { second: "2-digit" } : {}),
    };
    try {
      found = new Intl.DateTimeFormat("sv-SE", { ...fields, timeZone });
    } catch {
      found = new Intl.DateTimeFormat("sv-SE", { ...fields, timeZone: "UTC" });
    }
    formats.set(key, found);
  }
  return found;
}

/** A moment as 2026-01-31 04:05:06 in a zone: the same in all languages, and sortable. */
export function moment(iso: string, timeZone: string, seconds = true): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : format("sv-SE", timeZone, seconds).format(date);
}

/** Seconds as people say them: 0.42 s, 12 s, 3 min 4 s, 2 h 5 min, 3 d 4 h. */
export function duration(seconds: number): string {
  if (seconds < 0) return duration(0);
  if (seconds < 10) return `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** The largest unit that fits: 12 s, 3 min, 2 h, 5 d. */
export function roughly(seconds: number): string {
  const span = Math.abs(seconds);
  if (span < 60) return `${Math.round(span)} s`;
  if (span < 3600) return `${Math.round(span / 60)} min`;
  if (span < 86_400) return `${Math.round(span / 3600)} h`;
  return `${Math.round(span / 86_400)} d`;
}

/** Seconds between two moments; until now, by the server's clock, without an end. */
export function between(start: string, end: string | null | undefined): number {
  return ((end ? Date.parse(end) : serverNow()) - Date.parse(start)) / 1000;
}

/** "3 min ago", "in 2 h". */
export function useRelative(): (iso: string) => string {
  const { t } = useTranslation();
  return (iso) => {
    const seconds = (Date.parse(iso) - serverNow()) / 1000;
    return seconds > 0
      ? t("common.time.in", { time: roughly(seconds) })
      : t("common.time.ago", { time: roughly(seconds) });
  };
}
