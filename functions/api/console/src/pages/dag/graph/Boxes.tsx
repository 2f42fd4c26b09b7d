import {
  IconArrowBarDown,
  IconArrowBarUp,
  IconArrowsSplit2,
  IconBrackets,
  IconChevronDown,
  IconChevronRight,
  type IconProps,
} from "@tabler/icons-react";
import type { Node, NodeProps } from "@xyflow/react";
import { type ComponentType, memo, useContext } from "react";
import { useTranslation } from "react-i18next";
import cell from "~/components/cell.module.css";
import { useStateWord } from "~/components/State";
import type en from "~/i18n/en";
import { byUrgency, type Counts, signOf, summary } from "~/states";
import type { TaskNode } from "../tree";
import classes from "./Boxes.module.css";
import { GraphContext } from "./context";
import { isBranch, type ShownNode } from "./model";

export type BoxNode = Node<{ shown: ShownNode }>;
type Mark = Extract<keyof typeof en.dag.graph, "setup" | "teardown" | "branch" | "mapped">;

const ICONS: Record<Mark, ComponentType<IconProps>> = {
  setup: IconArrowBarDown,
  teardown: IconArrowBarUp,
  branch: IconArrowsSplit2,
  mapped: IconBrackets,
};

/** What is special about a task. */
export function marksOf(task: TaskNode): Mark[] {
  const marks: [Mark, boolean][] = [
    ["setup", task.is_setup],
    ["teardown", task.is_teardown],
    ["branch", isBranch(task)],
    ["mapped", task.is_mapped],
  ];
  return marks.filter(([, is]) => is).map(([mark]) => mark);
}

function Sign({ counts, single }: { counts: Counts; single: boolean }) {
  const { state, text } = summary(counts);
  return (
    <span className={`${classes.sign} ${cell.solid}`} data-state={state ?? "none"} aria-hidden="true">
      {single ? signOf(state) : text}
    </span>
  );
}

/** A task: what it is called, and what state it is in. */
export const TaskBox = memo(function TaskBox({ data: { shown } }: NodeProps<BoxNode>) {
  const { t } = useTranslation();
  const word = useStateWord();
  const { counts, selected, current, select } = useContext(GraphContext);
  const found = counts(shown.tasks);
  const total = Object.values(found).reduce((sum, one) => sum + one, 0);
  const words = byUrgency(found).map(([state, count]) => (total > 1 ? `${count} ${word(state)}` : word(state)));
  const marks = shown.task ? marksOf(shown.task) : [];
  return (
    <button
      type="button"
      className={classes.box}
      data-box={shown.id}
      data-selected={selected === shown.id || undefined}
      tabIndex={current === shown.id ? 0 : -1}
      onClick={() => select(shown.id)}
      title={shown.id}
    >
      <Sign counts={found} single={!shown.task?.is_mapped || total <= 1} />
      <span className={classes.text}>
        <span className={classes.label}>{shown.label}</span>
        <span className={classes.words}>
          {marks.map((mark) => {
            const Icon = ICONS[mark];
            return (
              <Icon key={mark} size={14} role="img" className={classes.mark} aria-label={t(`dag.graph.${mark}`)}>
                <title>{t(`dag.graph.${mark}`)}</title>
              </Icon>
            );
          })}
          <span className={classes.label}>{words.join(", ")}</span>
        </span>
      </span>
    </button>
  );
});

/** A group that is folded: it stands for all that is in it. */
export const FoldedBox = memo(function FoldedBox({ data: { shown } }: NodeProps<BoxNode>) {
  const { t } = useTranslation();
  const { counts, current, toggle } = useContext(GraphContext);
  return (
    <button
      type="button"
      className={`${classes.box} ${classes.folded}`}
      data-box={shown.id}
      tabIndex={current === shown.id ? 0 : -1}
      aria-expanded={false}
      onClick={() => toggle(shown.id)}
      title={shown.group?.tooltip || shown.id}
    >
      <Sign counts={counts(shown.tasks)} single={false} />
      <span className={classes.text}>
        <span className={classes.label}>
          <IconChevronRight size={14} className={classes.chevron} />
          {shown.label}
        </span>
        <span className={classes.words}>{t("dag.graph.tasks", { count: shown.tasks.length })}</span>
      </span>
    </button>
  );
});

/** A group with what is in it. */
export const OpenBox = memo(function OpenBox({ data: { shown } }: NodeProps<BoxNode>) {
  const { t } = useTranslation();
  const { counts, toggle } = useContext(GraphContext);
  const { state } = summary(counts(shown.tasks));
  return (
    <div className={classes.group} data-state={state ?? "none"}>
      <button
        type="button"
        className={classes.head}
        aria-expanded={true}
        aria-label={t("dag.graph.fold", { group: shown.label })}
        onClick={() => toggle(shown.id)}
        title={shown.group?.tooltip || shown.id}
      >
        <IconChevronDown size={14} />
        <span className={classes.groupLabel}>{shown.label}</span>
        {shown.group?.is_mapped ? <IconBrackets size={14} role="img" aria-label={t("dag.graph.mapped")} /> : null}
      </button>
    </div>
  );
});
