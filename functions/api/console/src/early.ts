import type { LoaderFunctionArgs } from "react-router";
import { askMe } from "./api/me";
import { queries } from "./api/queries";
import { said } from "./filters";
import {
  dagAsked,
  gridAsked,
  pickedOf,
  runsAsked,
  statesAsked,
  structureAsked,
  versionOf,
} from "./pages/dag/questions";
import { dagsAsked, favouritesAsked, recentAsked } from "./pages/dagsAsked";
import { shownZone } from "./time";

/*
 * What a page shows is asked for while its code is still loaded, and before it is known who asks: else each would wait
 * for the other. No page waits for these; one that finds no answer asks again, and tells what it is refused.
 */

type Place = LoaderFunctionArgs;

export function me() {
  void askMe();
  return null;
}

export function dags({ request }: Place) {
  ask(queries.query(favouritesAsked()));
  ask(queries.query(dagsAsked(saidBy(request))).then(({ dags }) => queries.query(recentAsked(dags))));
  return null;
}

export function dag({ params: { dagId = "" } }: Place) {
  ask(queries.query(dagAsked(dagId)));
  return null;
}

export function grid({ params: { dagId = "" }, request }: Place) {
  ask(queries.query(structureAsked(dagId)));
  ask(queries.query(gridAsked(dagId, saidBy(request), shownZone())));
  return null;
}

export function graph({ params: { dagId = "" }, request }: Place) {
  void import("./pages/dag/graph/worker"); // it gets ready while the graph is asked for
  ask(
    queries.query(runsAsked(dagId)).then(({ dag_runs }) => ofRun(dagId, pickedOf(saidBy(request), dag_runs), dag_runs)),
  );
  return null;
}

async function ofRun(dagId: string, runId: string | undefined, runs: Parameters<typeof versionOf>[1]) {
  const version = versionOf(runId, runs);
  if (runId !== undefined) ask(queries.query(statesAsked(dagId, runId)));
  if (runId === undefined || version !== undefined) await queries.query(structureAsked(dagId, version));
}

function saidBy(request: Request) {
  return said(new URL(request.url).searchParams);
}

/** The answer stays where pages look for it. */
function ask(answer: Promise<unknown>): void {
  answer.catch(() => undefined);
}
