import { useComputedColorScheme } from "@mantine/core";
import { type Ref, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useShownZone } from "~/components/Time";
import type { Rgb } from "./ansi";
import { matcher } from "./find";
import classes from "./Log.module.css";
import { LogLine } from "./LogLine";
import { Rows } from "./rows";
import type { LogText } from "./text";

const ROW = 18;
/** Rows that are drawn beyond the edges, for who scrolls. */
const BEYOND = 15;
/** Browsers have no taller elements (Firefox: 17.8 million pixels): of a longer log each pixel stands for several. */
const TALLEST = 15_000_000;
/** Pixels of the page that stay in view below. */
const BELOW = 50;
const MEASURED = 100;
const BEHIND: Record<"light" | "dark", Rgb> = { light: [255, 255, 255], dark: [20, 20, 20] };

export interface LogHandle {
  /** Bring a piece into view. */
  show: (piece: number) => void;
  /** To the first line, or the last. */
  go: (to: "top" | "bottom") => void;
}

interface Props {
  ref: Ref<LogHandle>;
  label: string;
  text: LogText;
  /** Another one when the text has grown. */
  version: number;
  level: number;
  times: boolean;
  wrap: boolean;
  wanted: string;
  /** The piece that is the one found last. */
  current: number;
  /** The line that the address names. */
  target: number;
  /** The address of this log at a line. */
  lineTo: (line: number) => string;
  /** Whether the end stays in view. */
  follows: boolean;
  onFollow: (follows: boolean) => void;
}

/** The lines of a log that are in view, whatever its length. */
export function LogView(props: Props) {
  const { ref, text, version, level, times, wrap, wanted, follows, onFollow } = props;
  const { t } = useTranslation();
  const zone = useShownZone();
  const scheme = useComputedColorScheme("light");
  const scroller = useRef<HTMLElement>(null);
  const measure = useRef<HTMLSpanElement>(null);
  const last = useRef(0);
  const [top, setTop] = useState(0);
  const [size, setSize] = useState({ height: 600, width: 800, character: 7.2 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const look = () => {
      const above = element.getBoundingClientRect().top + window.scrollY;
      element.style.height = `calc(100dvh - ${Math.round(above) + BELOW}px)`;
      setSize({
        height: element.clientHeight,
        width: element.clientWidth,
        character: (measure.current?.getBoundingClientRect().width ?? 0) / MEASURED || 7.2,
      });
    };
    const observer = new ResizeObserver(look);
    observer.observe(element);
    observer.observe(document.documentElement);
    look();
    return () => observer.disconnect();
  }, []);

  const gutter = Math.max(3, String(text.lineCount).length) + 2;
  const columns = wrap ? Math.max(10, Math.floor(size.width / size.character) - gutter) : 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is another one in each version
  const rows = useMemo(() => new Rows(text, { level, columns, times }), [text, version, level, columns, times]);
  const total = rows.count * ROW;
  const height = Math.min(total, TALLEST);
  const scale = total > height ? (total - size.height) / (height - size.height) : 1;
  const firstRow = (top * scale) / ROW;
  const begin = rows.placeAt(firstRow - BEYOND);
  const end = rows.length === 0 ? 0 : rows.placeAt(firstRow + size.height / ROW + BEYOND) + 1;

  useImperativeHandle(ref, () => ({
    show: (piece) => {
      const row = rows.row(rows.placeOf(piece));
      if (row >= firstRow && row + 2 < firstRow + size.height / ROW) return;
      scroller.current?.scrollTo({ top: (row * ROW) / scale - size.height / 3, left: 0 });
    },
    go: (to) => scroller.current?.scrollTo({ top: to === "top" ? 0 : scroller.current.scrollHeight }),
  }));
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each row more the end is elsewhere
  useLayoutEffect(() => {
    if (follows && scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [follows, rows.count, size.height]);

  const scrolled = () => {
    const element = scroller.current;
    if (!element) return;
    const now = element.scrollTop;
    const atEnd = now + element.clientHeight >= element.scrollHeight - ROW;
    if (follows && now < last.current && !atEnd) onFollow(false);
    last.current = now;
    setTop(now);
  };
  const search = useMemo(() => (wanted ? matcher(wanted) : null), [wanted]);
  const look = { times, wrap, zone, background: BEHIND[scheme], gutter, wanted: search };
  return (
    <section
      ref={scroller}
      className={classes.log}
      aria-label={props.label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys
      tabIndex={0}
      onScroll={scrolled}
    >
      <span ref={measure} className={classes.measure} aria-hidden="true">
        {"0".repeat(MEASURED)}
      </span>
      {rows.length === 0 && text.count > 0 ? <p className={classes.nothing}>{t("logs.noneShown")}</p> : null}
      <div className={classes.all} style={{ height, width: wrap ? undefined : `${text.widest + gutter + 2}ch` }}>
        <div className={classes.shown} style={{ top: top + (rows.row(begin) - firstRow) * ROW }}>
          {Array.from({ length: end - begin }, (_, offset) => {
            const piece = rows.piece(begin + offset);
            const line = text.line(piece);
            const continues = text.continues(piece);
            return (
              <LogLine
                key={piece}
                {...look}
                text={text.piece(piece)}
                line={line}
                level={text.level(piece)}
                continues={continues}
                to={props.lineTo(line)}
                label={t(continues ? "logs.continued" : "logs.line", { number: line })}
                target={line === props.target}
                current={piece === props.current}
              />
            );
          })}
        </div>
      </div>
    </section>
  );
}
