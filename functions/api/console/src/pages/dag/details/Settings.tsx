import { Anchor, Code, Table } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Time } from "~/components/Time";
import type en from "~/i18n/en";
import { duration } from "~/time";
import type { Details } from "../context";
import { isSafe, secondsOf } from "./span";

type Name = keyof typeof en.dag.details;

/** How a DAG is set, and what is known of its file. */
export function Settings({ dag }: { dag: Details }) {
  const { t } = useTranslation();
  const yesNo = (is: boolean) => t(is ? "dag.details.yes" : "dag.details.no");
  const timeout = dag.dag_run_timeout === null ? null : secondsOf(dag.dag_run_timeout);
  const facts: [Name, ReactNode][] = [
    [
      "dagId",
      <span key="id" className="mono">
        {dag.dag_id}
      </span>,
    ],
    ["owners", <Owners key="owners" dag={dag} />],
    [
      "file",
      <span key="file" className="mono">
        {dag.fileloc}
      </span>,
    ],
    ["timetable", <Schedule key="schedule" dag={dag} />],
    ["timezone", dag.timezone ?? "–"],
    ["startDate", <Time key="start" at={dag.start_date} />],
    ["endDate", <Time key="end" at={dag.end_date} />],
    ["catchup", yesNo(dag.catchup)],
    [
      "nextInterval",
      dag.next_dagrun_data_interval_start ? (
        <span key="next">
          <Time at={dag.next_dagrun_data_interval_start} /> – <Time at={dag.next_dagrun_data_interval_end} />
        </span>
      ) : (
        "–"
      ),
    ],
    ["maxActiveRuns", dag.max_active_runs ?? "–"],
    ["activeRuns", dag.active_runs_count],
    ["maxActiveTasks", dag.max_active_tasks],
    ["maxFailedRuns", dag.max_consecutive_failed_dag_runs || t("dag.details.never")],
    ["runTimeout", timeout === null ? (dag.dag_run_timeout ?? "–") : duration(timeout)],
    ["nativeObjects", yesNo(dag.render_template_as_native_obj)],
    ["lastParsed", <Time key="parsed" at={dag.last_parsed_time} />],
  ];
  if (dag.default_args && Object.keys(dag.default_args).length > 0) {
    facts.push([
      "defaultArgs",
      <Code key="args" block>
        {JSON.stringify(dag.default_args, null, 2)}
      </Code>,
    ]);
  }
  return (
    <Table w="auto" verticalSpacing={4}>
      <Table.Tbody>
        {facts.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" fw={500} style={{ verticalAlign: "top" }}>
              {t(`dag.details.${name}`)}
            </Table.Th>
            <Table.Td className="anywhere">{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Schedule({ dag }: { dag: Details }) {
  const { t } = useTranslation();
  return (
    <>
      <span className="mono">{dag.timetable_summary ?? t("dag.noSchedule")}</span>
      {dag.timetable_description ? ` (${dag.timetable_description})` : null}
      {dag.asset_expression ? <Code block>{JSON.stringify(dag.asset_expression, null, 2)}</Code> : null}
    </>
  );
}

function Owners({ dag }: { dag: Details }) {
  return dag.owners.map((owner, place) => {
    const link = dag.owner_links?.[owner];
    return (
      <span key={owner}>
        {place > 0 ? ", " : null}
        {link && isSafe(link) ? (
          <Anchor href={link} target="_blank" rel="noreferrer" size="sm">
            {owner}
          </Anchor>
        ) : (
          owner
        )}
      </span>
    );
  });
}
