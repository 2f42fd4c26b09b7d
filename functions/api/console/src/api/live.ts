import { type Query, type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { api, type Schema } from "./client";

type Changes = Schema["ChangesResponse"];
export type Connection = "live" | "lost";

const WAIT = 20;
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 15_000;

let connection: Connection = "live";
const listeners = new Set<() => void>();

function connected(now: Connection): void {
  if (now === connection) return;
  connection = now;
  for (const listener of listeners) listener();
}

/** Whether changes are seen as they happen. */
export function useConnection(): Connection {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => connection,
  );
}

/**
 * Asks what has changed, again and again (an answer comes when something has), and has the queries that show it made
 * anew. While the server is away it is tried at growing intervals; once it is back everything shown is read again.
 */
export function useLive(): void {
  const client = useQueryClient();
  useEffect(() => {
    const ended = new AbortController();
    void follow(client, ended.signal);
    return () => ended.abort();
  }, [client]);
}

async function follow(client: QueryClient, signal: AbortSignal): Promise<void> {
  // Of when the page was served: what it shows was read later, and what changes meanwhile is told.
  let since = document.querySelector<HTMLMetaElement>('meta[name="changes"]')?.content;
  let pause = FIRST_PAUSE;
  while (!signal.aborted) {
    try {
      const { data } = await api.GET("/api/v2/changes", { params: { query: { since, wait: WAIT } }, signal });
      if (data === undefined) throw new Error("no answer");
      if (data.reset || tells(data)) await readAgain(client, data);
      since = data.cursor;
      pause = FIRST_PAUSE;
      connected("live");
      await sleep(data.again * 1000, signal);
    } catch {
      if (signal.aborted) return;
      connected("lost");
      await sleep(pause, signal);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }
}

/** Has what shows the changes read again; what is being read for the first time may be of before, and is read twice. */
export async function readAgain(client: QueryClient, changes: Changes): Promise<void> {
  const concerned = { predicate: (query: Pick<Query, "queryKey">) => shows(query, changes) };
  const begun = client
    .getQueryCache()
    .findAll({ ...concerned, fetchStatus: "fetching" })
    .filter((query) => query.state.data === undefined);
  await client.invalidateQueries(concerned);
  for (const query of begun) {
    await query.promise?.catch(() => undefined);
    await client.invalidateQueries({ queryKey: query.queryKey, exact: true });
  }
}

function tells({ dags, runs, import_errors, actions }: Changes): boolean {
  return dags.length + runs.length > 0 || import_errors || actions;
}

/** Whether a query, made by `$api`, may show what has changed: its key is [method, path, {params}]. */
export function shows(query: Pick<Query, "queryKey">, changes: Changes): boolean {
  if (changes.reset) return true;
  const [, path, init] = query.queryKey as [string, string, { params?: { path?: Record<string, unknown> } }?];
  if (typeof path !== "string") return false;
  if (changes.import_errors && (path === "/api/v2/dags" || path.startsWith("/api/v2/importErrors"))) return true;
  if (changes.actions && ACTED_ON.some((list) => path.startsWith(list))) return true;
  // What people do to a run that has ended (a mark, a note, its end) is told by the audit log alone.
  if (changes.actions && path.includes("/dagRuns")) return true;
  const named = init?.params?.path ?? {};
  const dagId = named.dag_id;
  if (typeof dagId !== "string" || dagId === "~") {
    return changes.dags.length + changes.runs.length > 0 && LISTS.some((list) => path.startsWith(list));
  }
  const runId = named.dag_run_id;
  const ofRun = changes.runs.some(
    (run) => run.dag_id === dagId && (typeof runId !== "string" || run.dag_run_id === runId),
  );
  return ofRun || (typeof runId !== "string" && changes.dags.includes(dagId));
}

/** What people change, and no run does. */
const ACTED_ON = [
  "/api/v2/variables",
  "/api/v2/connections",
  "/api/v2/pools",
  "/api/v2/assets",
  "/api/v2/eventLogs",
  "/auth/fab/v1/users",
];
const LISTS = [
  "/api/v2/dags",
  "/api/v2/dagStats",
  "/api/v2/recentRuns",
  "/api/v2/backfills",
  "/api/v2/assets",
  "/api/v2/pools",
];

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
