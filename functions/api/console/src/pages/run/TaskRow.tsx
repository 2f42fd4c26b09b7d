import { ActionIcon, Badge, Checkbox, Tooltip } from "@mantine/core";
import { IconChevronDown, IconChevronRight, IconNote } from "@tabler/icons-react";
import { memo, type Ref } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Counts } from "~/components/Counts";
import { State } from "~/components/State";
import { Time } from "~/components/Time";
import { Took } from "~/components/Took";
import { links } from "~/links";
import classes from "./Run.module.css";
import type { Row } from "./rows";
import { WIDE } from "./Tasks";

/** Pixels that each group is further in. */
const STEP = 16;

function wide(from: string | undefined): string {
  return `${classes.cell} mantine-visible-from-${from}`;
}

interface Props {
  ref: Ref<HTMLTableRowElement>;
  place: number;
  row: Row;
  dagId: string;
  runId: string;
  selectable: boolean;
  selected: boolean;
  onSelect: (taskId: string) => void;
  onFold: (groupId: string, closed: boolean) => void;
}

/** A task of a run, or the head of a group; drawn again only when it has changed, as many go by while one scrolls. */
export const TaskRow = memo(function TaskRow(props: Props) {
  return props.row.kind === "group" ? <GroupRow {...props} row={props.row} /> : <One {...props} row={props.row} />;
});

function GroupRow({ ref, place, row, selectable, onFold }: Props & { row: Row & { kind: "group" } }) {
  const { t } = useTranslation();
  const name = row.group.group_id;
  return (
    <tr ref={ref} className={classes.row} data-index={place} aria-rowindex={place + 2}>
      {selectable ? <td /> : null}
      <td className={`${classes.cell} ${classes.first}`}>
        <div className={classes.task} style={{ paddingLeft: row.depth * STEP }}>
          <ActionIcon
            size={24}
            variant="subtle"
            color="gray"
            aria-label={t(row.closed ? "run.tasks.open" : "run.tasks.close", { name })}
            aria-expanded={!row.closed}
            onClick={() => onFold(name, !row.closed)}
          >
            {row.closed ? <IconChevronRight size={16} /> : <IconChevronDown size={16} />}
          </ActionIcon>
          <strong className="anywhere" title={row.group.tooltip ?? undefined}>
            {row.group.label}
          </strong>
        </div>
      </td>
      <td className={classes.cell} colSpan={5}>
        <Counts counts={row.counts} />
      </td>
    </tr>
  );
}

function One({
  ref,
  place,
  row,
  dagId,
  runId,
  selectable,
  selected,
  onSelect,
}: Props & { row: Row & { kind: "task" } }) {
  const { t } = useTranslation();
  const { task } = row;
  const count = task.counts ? Object.values(task.counts).reduce((sum, one) => sum + one, 0) : 0;
  const to = links.task(dagId, runId, task.task_id);
  const since = task.state === "running" || task.end_date ? task.start_date : task.counts ? task.start_date : null;
  return (
    <tr
      ref={ref}
      className={classes.row}
      data-index={place}
      aria-rowindex={place + 2}
      aria-selected={selectable ? selected : undefined}
    >
      {selectable ? (
        <td className={classes.cell}>
          <Checkbox
            size="xs"
            aria-label={t("run.tasks.select", { name: task.task_id })}
            checked={selected}
            onChange={() => onSelect(task.task_id)}
          />
        </td>
      ) : null}
      <td className={`${classes.cell} ${classes.first}`}>
        <div className={classes.task} style={{ paddingLeft: row.depth * STEP }}>
          <Link to={to} className="link anywhere" title={task.task_id}>
            {task.label}
          </Link>
          {task.is_mapped ? (
            <Badge size="sm" variant="default" tt="none">
              {task.counts ? t("run.tasks.instances", { count }) : t("run.tasks.mapped")}
            </Badge>
          ) : null}
          {task.notes ? (
            <Tooltip label={t("run.tasks.noted")}>
              <IconNote size={16} role="img" aria-label={t("run.tasks.noted")} />
            </Tooltip>
          ) : null}
        </div>
      </td>
      <td className={classes.cell}>
        {task.counts ? (
          <Counts counts={task.counts} to={(state) => `${to}?state=${state}`} />
        ) : (
          <State state={task.state} />
        )}
      </td>
      <td className={wide(WIDE.operator)}>
        <span className="anywhere">{task.operator}</span>
      </td>
      <td className={wide(WIDE.start)}>
        <Time at={task.start_date} />
      </td>
      <td className={classes.cell}>
        <span style={{ whiteSpace: "nowrap" }}>
          <Took start={since} end={task.end_date} />
        </span>
      </td>
      <td className={wide(WIDE.try)}>
        {task.try_number ? t("run.tasks.tryOf", { number: task.try_number, most: task.max_tries + 1 }) : "–"}
      </td>
    </tr>
  );
}
