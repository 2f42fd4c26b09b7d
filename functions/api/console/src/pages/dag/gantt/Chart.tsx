// biome-ignore-all lint/a11y/useSemanticElements: the rows of a table can't be placed, as those that are drawn must
// biome-ignore-all lint/a11y/useFocusableInteractive: the links in the rows have the focus
import { Tooltip } from "@mantine/core";
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { memo, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import cell from "~/components/cell.module.css";
import { useStateWord } from "~/components/State";
import { useShownZone } from "~/components/Time";
import { links } from "~/links";
import { signOf } from "~/states";
import { duration, moment } from "~/time";
import { moved } from "../grid/roving";
import classes from "./Chart.module.css";
import { type Bar, ticksOf } from "./timeline";

const ROW = 26;
const HEAD = 34;
/** Pixels between two marks of the axis, at least. */
const TICK = 90;

interface Props {
  dagId: string;
  runId: string;
  bars: Bar[];
  /** From when to when, in milliseconds since the epoch. */
  reach: [number, number];
}

/** A bar for each task instance; what can't be seen is not drawn. Arrow keys go from one to the next. */
export function Chart({ dagId, runId, bars, reach }: Props) {
  const { t } = useTranslation();
  const zone = useShownZone();
  const [from, to] = reach;
  const scroller = useRef<HTMLDivElement>(null);
  const size = useElementSize();
  const ref = useMergedRef(scroller, size.ref);
  const [active, setActive] = useState(0);
  const wanted = useRef(false);
  const at = Math.min(active, bars.length - 1);
  const rows = useVirtualizer({
    count: bars.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 10,
    scrollMargin: HEAD,
    initialRect: { width: 0, height: window.innerHeight },
    rangeExtractor: (range) => [...new Set([...defaultRangeExtractor(range), at])].sort((a, b) => a - b),
  });
  useLayoutEffect(() => {
    if (!wanted.current) return;
    wanted.current = false;
    scroller.current?.querySelector<HTMLElement>(`[aria-rowindex="${at + 2}"] a`)?.focus();
  });
  const onKeyDown = (event: React.KeyboardEvent) => {
    const size = { rows: bars.length, columns: 1, page: 10 };
    const next = moved({ row: at, column: 0 }, event.key, event.key === "Home" || event.key === "End", size);
    if (next === null || event.altKey) return;
    event.preventDefault();
    wanted.current = true;
    setActive(next.row);
  };
  const ticks = ticksOf(to - from, Math.max(2, Math.floor(size.width / 1.4 / TICK)));
  return (
    <div
      ref={ref}
      className={classes.chart}
      role="table"
      aria-label={t("dag.gantt.label")}
      aria-rowcount={bars.length + 1}
      style={{ scrollPaddingTop: HEAD }}
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup" className={classes.head} style={{ height: HEAD }}>
        <div role="row" aria-rowindex={1} className={classes.row}>
          <div role="columnheader" className={classes.name}>
            {t("dag.gantt.columns.task")}
          </div>
          <div role="columnheader" className={classes.track} aria-label={t("dag.gantt.columns.time")}>
            {ticks.map((tick) => (
              <span
                key={tick}
                className={classes.tick}
                style={{ left: `${(100 * tick) / (to - from)}%` }}
                title={moment(new Date(from + tick).toISOString(), zone)}
                data-at={tick === 0 ? "begin" : tick > 0.95 * (to - from) ? "end" : undefined}
              >
                {tick === 0 ? moment(new Date(from).toISOString(), zone).slice(11) : `+${duration(tick / 1000)}`}
              </span>
            ))}
          </div>
        </div>
      </div>
      <div role="rowgroup" style={{ position: "relative", height: rows.getTotalSize() }}>
        <div className={classes.lines} aria-hidden="true">
          {ticks.map((tick) => (
            <span key={tick} style={{ left: `${(100 * tick) / (to - from)}%` }} />
          ))}
        </div>
        {rows.getVirtualItems().map(({ index }) => {
          const bar = bars[index];
          return bar ? (
            <Line
              key={`${bar.taskId} ${bar.mapIndex}`}
              dagId={dagId}
              runId={runId}
              bar={bar}
              index={index}
              from={from}
              to={to}
              focused={index === at}
              onFocus={setActive}
            />
          ) : null;
        })}
      </div>
    </div>
  );
}

interface LineProps {
  dagId: string;
  runId: string;
  bar: Bar;
  index: number;
  from: number;
  to: number;
  focused: boolean;
  onFocus: (index: number) => void;
}

const Line = memo(function Line({ dagId, runId, bar, index, from, to, focused, onFocus }: LineProps) {
  const { t } = useTranslation();
  const word = useStateWord();
  const zone = useShownZone();
  const name = bar.mapIndex >= 0 ? `${bar.taskId} [${bar.mapIndex}]` : bar.taskId;
  const part = (time: number) => `${(100 * time) / (to - from)}%`;
  const told = {
    state: word(bar.state),
    duration: duration((bar.end - bar.start) / 1000),
    start: moment(new Date(bar.start).toISOString(), zone),
  };
  const label =
    bar.readyAt === null
      ? t("dag.gantt.bar", told)
      : t("dag.gantt.barWaited", { ...told, waited: duration((bar.start - bar.readyAt) / 1000) });
  const tries = bar.tryNumber > 1 ? `, ${t("dag.gantt.try", { number: bar.tryNumber })}` : "";
  return (
    <div role="row" aria-rowindex={index + 2} className={`${classes.row} ${classes.body}`} style={{ top: index * ROW }}>
      <div role="rowheader" className={classes.name}>
        <Link
          to={links.task(dagId, runId, bar.taskId, bar.mapIndex)}
          tabIndex={focused ? 0 : -1}
          onFocus={() => onFocus(index)}
          title={name}
        >
          {name}
        </Link>
      </div>
      <Tooltip label={label + tries} multiline maw={320}>
        <div role="cell" className={classes.track} aria-label={label + tries}>
          {bar.readyAt === null ? null : (
            <span
              className={classes.waited}
              style={{ left: part(bar.readyAt - from), width: part(bar.start - bar.readyAt) }}
            />
          )}
          <span
            className={`${classes.bar} ${cell.solid}`}
            data-state={bar.state}
            style={{ left: part(bar.start - from), width: part(bar.end - bar.start) }}
          >
            {signOf(bar.state)}
          </span>
        </div>
      </Tooltip>
    </div>
  );
});
