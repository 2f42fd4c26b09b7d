import { Anchor, CloseButton, Group, Paper, ScrollArea, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Markdown } from "~/components/Markdown";
import { State } from "~/components/State";
import { links } from "~/links";
import { byUrgency, type Counts } from "~/states";
import type { TaskNode } from "../tree";
import { marksOf } from "./Boxes";
import classes from "./Panel.module.css";

interface Props {
  dagId: string;
  runId: string | undefined;
  task: TaskNode;
  counts: Counts;
  upstream: string[];
  downstream: string[];
  onSelect: (taskId: string) => void;
  onClose: () => void;
}

/** What there is to know of the task that is looked at, and the way to it in the chosen run. */
export function Panel({ dagId, runId, task, counts, upstream, downstream, onSelect, onClose }: Props) {
  const { t } = useTranslation();
  const told = byUrgency(counts);
  return (
    <Paper component="section" withBorder shadow="md" className={classes.panel} aria-labelledby="graph-task">
      <ScrollArea.Autosize mah="100%" type="auto" offsetScrollbars="y">
        <Stack gap={6} p="sm">
          <Group justify="space-between" wrap="nowrap" align="flex-start">
            <Title order={3} size="h5" className="anywhere" id="graph-task">
              {task.task_id}
            </Title>
            <CloseButton size="sm" aria-label={t("common.actions.close")} onClick={onClose} />
          </Group>
          {told.map(([state, count]) => (
            <Group key={state} gap={4}>
              {told.length > 1 || count > 1 ? <Text size="sm">{count} ×</Text> : null}
              <State state={state} />
            </Group>
          ))}
          {runId && told.length > 0 ? (
            <Anchor component={Link} to={links.task(dagId, runId, task.task_id)} size="sm">
              {t("dag.graph.toInstance")}
            </Anchor>
          ) : null}
          <Fact name={t("dag.graph.operator")} value={task.operator} />
          <Fact name={t("dag.graph.rule")} value={task.trigger_rule} />
          {task.group_id ? <Fact name={t("dag.graph.group")} value={task.group_id} /> : null}
          {marksOf(task).length > 0 ? (
            <Text size="sm">
              {marksOf(task)
                .map((mark) => t(`dag.graph.${mark}`))
                .join(", ")}
            </Text>
          ) : null}
          <Others name={t("dag.graph.columns.upstream")} tasks={upstream} onSelect={onSelect} />
          <Others name={t("dag.graph.columns.downstream")} tasks={downstream} onSelect={onSelect} />
          {task.doc_md ? <Markdown text={task.doc_md} /> : null}
        </Stack>
      </ScrollArea.Autosize>
    </Paper>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <Text size="sm" className="anywhere">
      <Text component="span" inherit fw={600}>
        {name}:
      </Text>{" "}
      {value}
    </Text>
  );
}

interface OthersProps {
  name: string;
  tasks: string[];
  onSelect: (taskId: string) => void;
}

function Others({ name, tasks, onSelect }: OthersProps) {
  const { t } = useTranslation();
  return (
    <div>
      <Text size="sm" fw={600}>
        {name}:
      </Text>
      {tasks.length === 0 ? <Text size="sm">{t("dag.graph.none")}</Text> : null}
      <ul className={classes.others}>
        {tasks.map((task) => (
          <li key={task}>
            <Anchor
              component="button"
              type="button"
              size="sm"
              ta="left"
              className="anywhere"
              onClick={() => onSelect(task)}
            >
              {task}
            </Anchor>
          </li>
        ))}
      </ul>
    </div>
  );
}
