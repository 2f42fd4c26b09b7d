import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { readAgain, shows } from "./live";

const changes = {
  cursor: "a.1",
  reset: false,
  again: 0,
  now: "2026-01-01T00:00:00Z",
  dags: ["sales"],
  runs: [{ dag_id: "sales", dag_run_id: "r1" }],
  import_errors: false,
  actions: false,
};
const nothing = { ...changes, dags: [], runs: [] };

const query = (path: string, named?: Record<string, unknown>) => ({
  queryKey: ["get", path, named ? { params: { path: named } } : {}],
});

describe("which queries a change concerns", () => {
  it.each([
    ["the list of DAGs", query("/api/v2/dags"), true],
    ["the DAG", query("/api/v2/dags/{dag_id}", { dag_id: "sales" }), true],
    ["another DAG", query("/api/v2/dags/{dag_id}", { dag_id: "other" }), false],
    ["the run", query("/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}", { dag_id: "sales", dag_run_id: "r1" }), true],
    ["another run", query("/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}", { dag_id: "sales", dag_run_id: "r2" }), false],
    ["the runs of all DAGs", query("/api/v2/dags/{dag_id}/dagRuns", { dag_id: "~" }), true],
    ["the variables", query("/api/v2/variables"), false],
  ])("%s", (_, found, expected) => {
    expect(shows(found, changes)).toBe(expected);
  });

  it.each([
    ["the files that don't load", query("/api/v2/importErrors"), true, false],
    ["the list of DAGs", query("/api/v2/dags"), true, false],
    ["the DAG", query("/api/v2/dags/{dag_id}", { dag_id: "sales" }), false, false],
    ["the variables", query("/api/v2/variables"), false, true],
    ["a connection", query("/api/v2/connections/{connection_id}", { connection_id: "c" }), false, true],
    ["the audit log", query("/api/v2/eventLogs"), false, true],
    ["a run", query("/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}", { dag_id: "sales", dag_run_id: "r2" }), false, true],
    ["the recent runs", query("/api/v2/recentRuns"), false, false],
  ])("%s: when other files don't load, and when somebody has done something", (_, found, ofFiles, ofActions) => {
    expect(shows(found, { ...nothing, import_errors: true })).toBe(ofFiles);
    expect(shows(found, { ...nothing, actions: true })).toBe(ofActions);
  });

  it("concerns all when it can't be told what has changed", () => {
    expect(shows(query("/api/v2/variables"), { ...changes, reset: true })).toBe(true);
  });
});

describe("reading again", () => {
  it("reads twice what was being read for the first time when something changed", async () => {
    const client = new QueryClient();
    const answers: ((text: string) => void)[] = [];
    const queryFn = () => new Promise<string>((resolve) => answers.push(resolve));
    const observer = new QueryObserver(client, { queryKey: ["get", "/api/v2/dags", {}], queryFn });
    const leave = observer.subscribe(() => undefined);
    const over = readAgain(client, changes);
    answers[0]?.("of before");
    await expect.poll(() => answers.length).toBe(2);
    answers[1]?.("of after");
    await over;
    expect(observer.getCurrentResult().data).toBe("of after");
    expect(answers).toHaveLength(2);
    leave();
  });
});
