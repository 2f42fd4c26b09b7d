// biome-ignore-all lint/a11y/useSemanticElements: the rows and cells of a table can't be placed, as those that are drawn must
// biome-ignore-all lint/a11y/useFocusableInteractive: what is in a cell has the focus
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { Fragment, memo } from "react";
import { useTranslation } from "react-i18next";
import type { Schema } from "~/api/client";
import cell from "~/components/cell.module.css";
import { links } from "~/links";
import { byUrgency, signOf, summary } from "~/states";
import classes from "./Matrix.module.css";
import { type Row, type Value, valueAt } from "./rows";
import { BLOCK, blockOf, CELL, columnsOf } from "./sizes";

const INDENT = 14;

interface Props {
  dagId: string;
  row: Row;
  /** Its place in the grid, in which the runs are row 0. */
  index: number;
  blocks: number[];
  grid: Schema["GridResponse"];
  names: number;
  /** The column with the focus, or -1. */
  active: number;
  word: Word;
  onToggle: (groupId: string) => void;
}

/** A state's word: found out once for the grid, not for each cell. */
type Word = (state: string) => string;

/** A task, or a group of them, and its states in the runs. */
export const Line = memo(function Line({ dagId, row, index, blocks, grid, names, active, word, onToggle }: Props) {
  return (
    <div role="row" aria-rowindex={index + 1} className={classes.row} style={{ top: (index - 1) * CELL }}>
      <div role="rowheader" aria-colindex={1} className={classes.name} style={{ width: names }}>
        <Name dagId={dagId} row={row} focused={active === 0} onToggle={onToggle} />
      </div>
      {blocks.map((block, nth) => (
        <Fragment key={block}>
          <Gap blocks={block - (blocks[nth - 1] ?? -1) - 1} />
          <Cells
            dagId={dagId}
            row={row}
            block={block}
            grid={grid}
            word={word}
            active={active > 0 && blockOf(active) === block ? active : -1}
          />
        </Fragment>
      ))}
    </div>
  );
});

/** The room of blocks that are not drawn. */
function Gap({ blocks }: { blocks: number }) {
  return blocks > 0 ? (
    <div role="presentation" className={classes.gap} style={{ width: blocks * BLOCK * CELL }} />
  ) : null;
}

interface CellsProps {
  dagId: string;
  row: Row;
  block: number;
  grid: Schema["GridResponse"];
  active: number;
  word: Word;
}

/** A block of a row. */
const Cells = memo(function Cells({ dagId, row, block, grid, active, word }: CellsProps) {
  return columnsOf(block, grid.runs.length).map((column) => {
    const place = grid.runs.length - column;
    const run = grid.runs[place];
    const told = tell(valueAt(row, grid, place), word);
    const focusable = active === column ? 0 : -1;
    if (!run || told === null) {
      return (
        <div key={column} role="gridcell" aria-colindex={column + 1} className={classes.cell} tabIndex={focusable} />
      );
    }
    return (
      <div key={column} role="gridcell" aria-colindex={column + 1} className={classes.cell}>
        <a
          href={row.isGroup ? links.run(dagId, run.dag_run_id) : links.task(dagId, run.dag_run_id, row.id)}
          tabIndex={focusable}
          className={cell.solid}
          data-state={told.state}
          aria-label={told.label}
        >
          {told.text || null}
        </a>
      </div>
    );
  });
});

/** What a cell shows, and says to who can't see it. */
function tell(value: Value, word: Word): { state: string; text: string; label: string } | null {
  if (value === null) return null;
  if (typeof value === "string") return { state: value, text: signOf(value), label: word(value) };
  const { state, text } = summary(value);
  if (state === null) return null;
  const label = byUrgency(value)
    .map(([one, count]) => `${count} ${word(one)}`)
    .join(", ");
  return { state, text, label };
}

interface NameProps {
  dagId: string;
  row: Row;
  focused: boolean;
  onToggle: (groupId: string) => void;
}

function Name({ dagId, row, focused, onToggle }: NameProps) {
  const { t } = useTranslation();
  const common = {
    tabIndex: focused ? 0 : -1,
    className: classes.label,
    style: { paddingLeft: 6 + row.depth * INDENT },
  };
  if (row.isGroup) {
    const Chevron = row.folded ? IconChevronRight : IconChevronDown;
    return (
      <button type="button" {...common} aria-expanded={!row.folded} onClick={() => onToggle(row.id)}>
        <Chevron size={14} aria-hidden="true" />
        <span className={classes.group}>{row.label}</span>
      </button>
    );
  }
  if (!row.node) {
    return (
      <span {...common}>
        <del className={classes.text}>{row.label}</del>
      </span>
    );
  }
  return (
    <a {...common} href={`${links.dag(dagId, "graph")}?task=${encodeURIComponent(row.id)}`}>
      <span className={classes.text}>{row.label}</span>
      {row.node.is_mapped ? <span title={t("dag.mapped")}>[ ]</span> : null}
    </a>
  );
}
