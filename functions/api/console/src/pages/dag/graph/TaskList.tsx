import { Anchor, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schema } from "~/api/client";
import { State, useStateWord } from "~/components/State";
import { links } from "~/links";
import { byUrgency, type Counts } from "~/states";
import { marksOf } from "./Boxes";
import { neighbours } from "./model";

interface Props {
  structure: Schema["StructureResponse"];
  runId: string | undefined;
  counts: (tasks: string[]) => Counts;
}

/** The graph in words: each task, and what comes right before and after it. */
export function TaskList({ structure, runId, counts }: Props) {
  const { t } = useTranslation();
  const word = useStateWord();
  const around = neighbours(structure);
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("dag.graph.columns.task")}</Table.Th>
            {runId ? <Table.Th>{t("dag.graph.columns.state")}</Table.Th> : null}
            <Table.Th>{t("dag.graph.columns.operator")}</Table.Th>
            <Table.Th>{t("dag.graph.columns.upstream")}</Table.Th>
            <Table.Th>{t("dag.graph.columns.downstream")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {structure.tasks.map((task) => {
            const found = byUrgency(counts([task.task_id]));
            const [only] = found;
            const marks = marksOf(task).map((mark) => t(`dag.graph.${mark}`));
            return (
              <Table.Tr key={task.task_id}>
                <Table.Th scope="row" fw={500}>
                  {runId && found.length > 0 ? (
                    <Anchor
                      component={Link}
                      to={links.task(structure.dag_id, runId, task.task_id)}
                      size="sm"
                      className="anywhere"
                    >
                      {task.task_id}
                    </Anchor>
                  ) : (
                    <Text size="sm" className="anywhere">
                      {task.task_id}
                    </Text>
                  )}
                </Table.Th>
                {runId ? (
                  <Table.Td>
                    {only && found.length === 1 && only[1] === 1 ? (
                      <State state={only[0]} />
                    ) : (
                      <Text size="sm">
                        {found.map(([state, count]) => `${count} ${word(state)}`).join(", ") || "–"}
                      </Text>
                    )}
                  </Table.Td>
                ) : null}
                <Table.Td>
                  <Text size="sm">{[task.operator, ...marks].join(", ")}</Text>
                </Table.Td>
                <Table.Td>
                  <Names tasks={around.get(task.task_id)?.upstream ?? []} />
                </Table.Td>
                <Table.Td>
                  <Names tasks={around.get(task.task_id)?.downstream ?? []} />
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Names({ tasks }: { tasks: string[] }) {
  const { t } = useTranslation();
  return (
    <Text size="sm" className="anywhere">
      {tasks.join(", ") || t("dag.graph.none")}
    </Text>
  );
}
