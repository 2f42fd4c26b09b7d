import { Portal } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type ReactNode, useImperativeHandle, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { $api, type Schema } from "~/api/client";
import { State } from "~/components/State";
import { useShownZone } from "~/components/Time";
import { byUrgency } from "~/states";
import { between, duration, moment } from "~/time";
import classes from "./Hint.module.css";
import type { Place } from "./roving";
import { type Row, valueAt } from "./rows";

export interface HintHandle {
  show: (place: Place, over: Element) => void;
  hide: () => void;
}

interface Props {
  ref: React.Ref<HintHandle>;
  dagId: string;
  rows: Row[];
  grid: Schema["GridResponse"];
}

const GAP = 6;

/** The one tooltip of a grid: what is under the pointer, or has the focus. It has a state of its own: the grid has not. */
export function Hint({ ref, dagId, rows, grid }: Props) {
  const [shown, setShown] = useState<{ place: Place; over: DOMRect } | null>(null);
  const box = useRef<HTMLDivElement>(null);
  useImperativeHandle(
    ref,
    () => ({
      show: (place, over) => setShown({ place, over: over.getBoundingClientRect() }),
      hide: () => setShown(null),
    }),
    [],
  );
  useLayoutEffect(() => {
    if (!box.current || !shown) return;
    const { width, height } = box.current.getBoundingClientRect();
    const { left, top, bottom } = shown.over;
    const below = bottom + GAP + height < window.innerHeight;
    box.current.style.left = `${Math.max(GAP, Math.min(left, window.innerWidth - width - GAP))}px`;
    box.current.style.top = `${below ? bottom + GAP : top - height - GAP}px`;
  });
  if (!shown) return null;
  const { row, column } = shown.place;
  const line = rows[row - 1];
  const run = grid.runs[grid.runs.length - column];
  if ((row > 0 && !line) || (column > 0 && !run) || (row === 0 && column === 0)) return null;
  return (
    <Portal>
      <div ref={box} className={classes.hint} role="tooltip">
        {line && run && column > 0 ? <OfCell dagId={dagId} row={line} run={run} grid={grid} column={column} /> : null}
        {line && column === 0 ? <OfRow row={line} /> : null}
        {run && row === 0 ? <OfRun run={run} /> : null}
      </div>
    </Portal>
  );
}

function OfRow({ row }: { row: Row }) {
  const { t } = useTranslation();
  return (
    <>
      <strong>{row.id}</strong>
      {row.isGroup ? <span>{t("dag.grid.tasks", { count: row.tasks.length })}</span> : null}
      {row.node ? (
        <span>
          {row.node.operator} · {row.node.trigger_rule}
        </span>
      ) : null}
      {!row.isGroup && !row.node ? <span>{t("dag.grid.gone")}</span> : null}
    </>
  );
}

function OfRun({ run }: { run: Schema["RunSummary"] }) {
  const { t } = useTranslation();
  const zone = useShownZone();
  return (
    <>
      <strong>{run.dag_run_id}</strong>
      <State state={run.state} size="xs" />
      <Dates start={run.start_date} end={run.end_date} />
      <Line name={t("dag.runs.due")}>{moment(run.run_after, zone)}</Line>
      <Line name={t("dag.runs.type")}>{t(`run.types.${run.run_type}`)}</Line>
      {run.version_number ? <Line name={t("dag.runs.version")}>{run.version_number}</Line> : null}
      {run.note ? <span>{run.note}</span> : null}
    </>
  );
}

interface OfCellProps {
  dagId: string;
  row: Row;
  run: Schema["RunSummary"];
  grid: Schema["GridResponse"];
  column: number;
}

function OfCell({ dagId, row, run, grid, column }: OfCellProps) {
  const { t } = useTranslation();
  const zone = useShownZone();
  const value = valueAt(row, grid, grid.runs.length - column);
  return (
    <>
      <strong>{row.id}</strong>
      <span>{moment(run.run_after, zone)}</span>
      {value === null ? <span>{t("dag.grid.notThere")}</span> : null}
      {typeof value === "string" ? (
        <>
          <State state={value} size="xs" />
          <Times dagId={dagId} runId={run.dag_run_id} taskId={row.id} />
        </>
      ) : null}
      {value !== null && typeof value !== "string"
        ? byUrgency(value).map(([state, count]) => (
            <span key={state}>
              {count} × <State state={state} size="xs" />
            </span>
          ))
        : null}
    </>
  );
}

/** When the task instance ran: asked for once the pointer rests. */
function Times({ dagId, runId, taskId }: { dagId: string; runId: string; taskId: string }) {
  const { t } = useTranslation();
  const wanted = `${runId}\n${taskId}`;
  const [rested] = useDebouncedValue(wanted, 150);
  const { data } = $api.useQuery(
    "get",
    "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}",
    { params: { path: { dag_id: dagId, dag_run_id: runId, task_id: taskId } } },
    { enabled: rested === wanted },
  );
  if (!data) return null;
  return (
    <>
      <Dates start={data.start_date} end={data.end_date} />
      {data.try_number > 1 ? <Line name={t("dag.try")}>{data.try_number}</Line> : null}
    </>
  );
}

function Dates({ start, end }: { start: string | null | undefined; end: string | null | undefined }) {
  const { t } = useTranslation();
  const zone = useShownZone();
  if (!start) return null;
  return (
    <>
      <Line name={t("dag.runs.duration")}>{duration(between(start, end))}</Line>
      <Line name={t("dag.runs.started")}>{moment(start, zone)}</Line>
      {end ? <Line name={t("dag.ended")}>{moment(end, zone)}</Line> : null}
    </>
  );
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <span>
      {name}: {children}
    </span>
  );
}
