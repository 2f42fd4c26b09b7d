// biome-ignore-all lint/a11y/useSemanticElements: the rows and cells of a table can't be placed, as those that are drawn must
// biome-ignore-all lint/a11y/useFocusableInteractive: what is in a cell has the focus
import { useMediaQuery } from "@mantine/hooks";
import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import type { Schema } from "~/api/client";
import { useStateWord } from "~/components/State";
import { Head } from "./Head";
import { Hint, type HintHandle } from "./Hint";
import { Line } from "./Line";
import classes from "./Matrix.module.css";
import { moved, type Place } from "./roving";
import type { Row } from "./rows";
import { BLOCK, blockOf, CELL, HEAD } from "./sizes";

const NAMES = 240;
const NAMES_ON_A_PHONE = 136;
/** About how much of the window is around a grid, before it is measured: see its style sheet, and the menu's width. */
const [LEAST_HEIGHT, AROUND, BESIDE] = [300, 345, 220];

interface Props {
  dagId: string;
  rows: Row[];
  grid: Schema["GridResponse"];
  toggle: (groupId: string) => void;
}

/**
 * Tasks by runs. Only what can be seen is drawn. Row 0 has the runs and column 0 the tasks; one place of all has the
 * focus, and arrows move it.
 */
export function Matrix({ dagId, rows, grid, toggle }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const names = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false })
    ? NAMES_ON_A_PHONE
    : NAMES;
  const scroller = useRef<HTMLDivElement>(null);
  const hint = useRef<HintHandle>(null);
  const word = useStateWord();
  const [active, setActive] = useState<Place>({ row: 0, column: 0 });
  const wanted = useRef(false);
  const size = { rows: rows.length + 1, columns: grid.runs.length + 1, page: 10 };
  const at = { row: Math.min(active.row, size.rows - 1), column: Math.min(active.column, size.columns - 1) };

  const shownRows = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => CELL,
    overscan: 4,
    scrollMargin: HEAD,
    initialRect: { width: 0, height: Math.max(LEAST_HEIGHT, window.innerHeight - AROUND) },
    rangeExtractor: (range) => withOne(defaultRangeExtractor(range), at.row - 1),
  });
  const shownBlocks = useVirtualizer({
    horizontal: true,
    count: Math.ceil(grid.runs.length / BLOCK),
    getScrollElement: () => scroller.current,
    estimateSize: () => CELL * BLOCK,
    overscan: 0,
    scrollMargin: names,
    initialRect: { width: window.innerWidth - BESIDE, height: 0 },
    initialOffset: names + grid.runs.length * CELL, // the latest runs are at the right
    rangeExtractor: (range) => withOne(defaultRangeExtractor(range), blockOf(at.column)),
  });
  const drawn = shownBlocks
    .getVirtualItems()
    .map((one) => one.index)
    .join();
  const blocks = useMemo(() => (drawn ? drawn.split(",").map(Number) : []), [drawn]);
  useLatest(scroller, grid.runs);

  useLayoutEffect(() => {
    if (!wanted.current) return;
    wanted.current = false;
    const cell = scroller.current?.querySelector(`[aria-rowindex="${at.row + 1}"] [aria-colindex="${at.column + 1}"]`);
    (cell?.querySelector<HTMLElement>("[tabindex]") ?? (cell as HTMLElement | null | undefined))?.focus();
  });

  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === "Escape") hint.current?.hide();
    if (event.altKey) return;
    const next = moved(at, event.key, event.ctrlKey || event.metaKey, size);
    if (next === null) return;
    event.preventDefault();
    wanted.current = true;
    setActive(next);
  };
  const onFocus = (event: React.FocusEvent) => {
    const place = placeOf(event.target);
    if (place === null) return;
    setActive(place);
    hint.current?.show(place, event.target);
  };
  const onPointerOver = (event: React.PointerEvent) => {
    const target = event.target as Element;
    const place = placeOf(target);
    if (place) hint.current?.show(place, target.closest("[aria-colindex]") ?? target);
    else hint.current?.hide();
  };
  // One listener for thousands of links: they are plain ones, so that a browser can open them elsewhere.
  const onClick = (event: React.MouseEvent) => {
    const link = (event.target as Element).closest("a");
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void navigate(link.getAttribute("href") ?? "");
  };
  const onToggle = useCallback(
    (groupId: string) => {
      hint.current?.hide();
      toggle(groupId);
    },
    [toggle],
  );
  const width = names + grid.runs.length * CELL;
  return (
    <>
      <div
        ref={scroller}
        className={classes.grid}
        role="grid"
        aria-label={t("dag.grid.label")}
        aria-rowcount={size.rows}
        aria-colcount={size.columns}
        style={{ scrollPadding: `${HEAD}px 0 0 ${names}px` }}
        tabIndex={-1}
        onKeyDown={onKeyDown}
        onFocus={onFocus}
        onBlur={() => hint.current?.hide()}
        onPointerOver={onPointerOver}
        onPointerLeave={() => hint.current?.hide()}
        onClick={onClick}
        onScroll={() => hint.current?.hide()}
      >
        <Head
          dagId={dagId}
          runs={grid.runs}
          blocks={blocks}
          names={names}
          active={at.row === 0 ? at.column : -1}
          width={width}
        />
        <div role="rowgroup" style={{ position: "relative", width, height: shownRows.getTotalSize() }}>
          {shownRows.getVirtualItems().map((one) => {
            const row = rows[one.index];
            return row ? (
              <Line
                key={row.id}
                dagId={dagId}
                row={row}
                index={one.index + 1}
                blocks={blocks}
                grid={grid}
                names={names}
                word={word}
                active={at.row === one.index + 1 ? at.column : -1}
                onToggle={onToggle}
              />
            ) : null;
          })}
        </div>
      </div>
      <Hint ref={hint} dagId={dagId} rows={rows} grid={grid} />
    </>
  );
}

/** The place of the cell that an element is in. */
function placeOf(element: Element): Place | null {
  const cell = element.closest("[aria-colindex]");
  const row = Number(cell?.closest("[aria-rowindex]")?.getAttribute("aria-rowindex"));
  const column = Number(cell?.getAttribute("aria-colindex"));
  return row > 0 && column > 0 ? { row: row - 1, column: column - 1 } : null;
}

/** What is drawn, and the one with the focus: it must be there for the keyboard to come back to it. */
function withOne(indexes: number[], one: number): number[] {
  return one < 0 || indexes.includes(one) ? indexes : [...indexes, one].sort((a, b) => a - b);
}

/** Shows the latest runs, at the right, and goes on showing them when new ones come, unless somebody looks elsewhere. */
function useLatest(scroller: React.RefObject<HTMLDivElement | null>, runs: Schema["RunSummary"][]): void {
  const elsewhere = useRef(false);
  const latest = `${runs.length} ${runs[0]?.dag_run_id}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: when there are others
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && !elsewhere.current) element.scrollLeft = element.scrollWidth;
  }, [latest]);
  useLayoutEffect(() => {
    const element = scroller.current;
    const look = () => {
      if (element) elsewhere.current = element.scrollLeft + element.clientWidth < element.scrollWidth - CELL;
    };
    element?.addEventListener("scroll", look, { passive: true });
    return () => element?.removeEventListener("scroll", look);
  }, [scroller]);
}
