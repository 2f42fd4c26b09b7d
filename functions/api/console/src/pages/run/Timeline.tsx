import { Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { $api, type Schema } from "~/api/client";
import { serverNow } from "~/api/clock";
import { Gap } from "~/components/Gap";
import { Loaded } from "~/components/Loaded";
import { colorOf, State, useStateWord } from "~/components/State";
import { Took, useSeconds } from "~/components/Took";
import { useWindowRows } from "~/components/useWindowRows";
import { links } from "~/links";
import { duration } from "~/time";
import classes from "./Run.module.css";
import type { RunTask } from "./rows";
import { barsOf, stateOf } from "./timeline";

const HEIGHT = 33;

/** When each task of a run went on, one below the other. */
export function Timeline({ run }: { run: Schema["DAGRunResponse"] }) {
  const query = $api.useQuery("get", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/tasks", {
    params: { path: { dag_id: run.dag_id, dag_run_id: run.dag_run_id } },
  });
  return (
    <Loaded query={query} lines={10}>
      {({ tasks }) => <Bars run={run} tasks={tasks} />}
    </Loaded>
  );
}

function Bars({ run, tasks }: { run: Schema["DAGRunResponse"]; tasks: RunTask[] }) {
  const { t } = useTranslation();
  const word = useStateWord();
  useSeconds(run.end_date === null);
  const { bars, seconds } = barsOf(tasks, serverNow());
  const window = useWindowRows(bars.length, HEIGHT);
  if (bars.length === 0) return <Text>{t("run.timeline.none")}</Text>;
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table ref={window.table} verticalSpacing={2} aria-rowcount={bars.length + 1}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="35%">{t("run.tasks.columns.task")}</Table.Th>
            <Table.Th visibleFrom="sm" w={150}>
              {t("run.tasks.columns.state")}
            </Table.Th>
            <Table.Th>0 – {duration(seconds)}</Table.Th>
            <Table.Th w={90}>{t("run.tasks.columns.duration")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          <Gap height={window.before} columns={4} />
          {window.items.map((place) => {
            const bar = bars[place];
            if (!bar) return null;
            const { task } = bar;
            const state = stateOf(task);
            return (
              <tr
                key={task.task_id}
                className={classes.row}
                ref={window.measure}
                data-index={place}
                aria-rowindex={place + 2}
              >
                <td className={classes.cell}>
                  <Link to={links.task(run.dag_id, run.dag_run_id, task.task_id)} className="link anywhere">
                    {task.task_id}
                  </Link>
                </td>
                <td className={`${classes.cell} mantine-visible-from-sm`}>
                  <State state={state} />
                </td>
                <td className={classes.cell}>
                  <div
                    className={classes.track}
                    role="img"
                    aria-label={t("run.timeline.label", {
                      task: task.task_id,
                      state: word(state),
                      duration: duration(bar.length * seconds),
                    })}
                  >
                    <div
                      className={classes.bar}
                      style={{
                        left: `${100 * bar.begin}%`,
                        width: `${100 * bar.length}%`,
                        background: colorOf(state),
                      }}
                    />
                  </div>
                </td>
                <td className={classes.cell}>
                  <span style={{ whiteSpace: "nowrap" }}>
                    <Took start={task.start_date} end={task.end_date} />
                  </span>
                </td>
              </tr>
            );
          })}
          <Gap height={window.after} columns={4} />
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
