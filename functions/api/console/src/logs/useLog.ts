import { useEffect, useState, useSyncExternalStore } from "react";
import { api } from "~/api/client";
import { useSession } from "~/api/session";
import { LogReader, pause } from "./reader";

/** The log of which try. */
export interface LogPlace {
  dagId: string;
  runId: string;
  taskId: string;
  mapIndex: number;
  tryNumber: number;
}

const TOKEN = "Airflow-Continuation-Token";

/** Reads a log, and while `live` what is added to it; `changed` is anything that is another when there may be more. */
export function useLog(place: LogPlace, live: boolean, changed: unknown) {
  const { dagId, runId, taskId, mapIndex, tryNumber } = place;
  const { expired } = useSession();
  const [reader, setReader] = useState<LogReader | null>(null);
  useEffect(() => {
    const ended = new AbortController();
    const made = new LogReader({
      part: (token, signal) => partOf({ dagId, runId, taskId, mapIndex, tryNumber }, token, signal),
      pause,
    });
    setReader(made);
    void made.read(ended.signal);
    return () => ended.abort();
  }, [dagId, runId, taskId, mapIndex, tryNumber]);
  useEffect(() => reader?.follow(live), [reader, live]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: they tell when, not what
  useEffect(() => reader?.wake(), [reader, changed, expired]);
  const state = useSyncExternalStore(reader?.subscribe ?? nobody, reader?.snapshot ?? nothing);
  return reader && state ? { text: reader.text, retry: () => reader.wake(), ...state } : null;
}

const nobody = () => () => undefined;
const nothing = () => null;

async function partOf(place: LogPlace, token: string | null, signal: AbortSignal) {
  const { data, response } = await ask(place, { ...(token === null ? {} : { token }) }, "text", signal);
  return { text: data as string, token: response.headers.get(TOKEN) };
}

/** All of a log, as a file. */
export async function download(place: LogPlace): Promise<void> {
  const { data } = await ask(place, { full_content: true }, "blob");
  const url = URL.createObjectURL(data as Blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName(place);
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A name that any system takes. */
export function fileName({ dagId, runId, taskId, mapIndex, tryNumber }: LogPlace): string {
  const index = mapIndex >= 0 ? `_${mapIndex}` : "";
  return `${[dagId, runId, taskId]
    .join("_")
    .replace(/[^\p{L}\p{N}._+-]/gu, "-")
    .slice(0, 180)}${index}_${tryNumber}.log`;
}

function ask(
  place: LogPlace,
  query: { token?: string; full_content?: boolean },
  parseAs: "text" | "blob",
  signal?: AbortSignal,
) {
  return api.GET("/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/logs/{try_number}", {
    params: {
      path: { dag_id: place.dagId, dag_run_id: place.runId, task_id: place.taskId, try_number: place.tryNumber },
      query: { map_index: place.mapIndex, ...query },
    },
    headers: { Accept: "text/plain" },
    parseAs,
    ...(signal ? { signal } : {}),
  });
}
