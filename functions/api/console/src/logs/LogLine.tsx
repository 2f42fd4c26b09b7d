import { memo } from "react";
import { Link } from "react-router";
import { moment } from "~/time";
import { marked, type Rgb, type Token, tokens, visible } from "./ansi";
import { css, readable } from "./contrast";
import { places } from "./find";
import { type Level, readHead } from "./head";
import classes from "./Log.module.css";

export interface Look {
  times: boolean;
  wrap: boolean;
  zone: string;
  /** Behind the text. */
  background: Rgb;
  /** Columns of the numbers of lines. */
  gutter: number;
  /** What is marked where it is found. */
  wanted: RegExp | null;
}

interface Props extends Look {
  text: string;
  line: number;
  level: Level;
  continues: boolean;
  /** Where a link to this line goes. */
  to: string;
  label: string;
  target: boolean;
  current: boolean;
}

type Piece = Token & { className?: string };

/** One line of a log, or a piece of a very long one. */
export const LogLine = memo(function LogLine(props: Props) {
  const { text, line, continues, target, current, wrap, gutter } = props;
  return (
    <div className={`${classes.line} ${target ? classes.target : ""} ${current ? classes.current : ""}`}>
      <Link
        className={classes.number}
        style={{ width: `${gutter}ch` }}
        to={props.to}
        replace
        preventScrollReset
        tabIndex={-1}
        aria-label={props.label}
      >
        {continues ? "↳" : line}
      </Link>
      <span className={wrap ? classes.wrapped : classes.text}>
        <Text {...props} text={text} />
      </span>
    </div>
  );
});

function Text({ text, level, times, zone, background, wanted }: Props) {
  const head = readHead(text);
  const pieces: Piece[] = head
    ? [{ ...quiet(head.level), className: LEVEL[level] }, quiet(head.source), ...tokens(head.text)]
    : tokens(text);
  const whole = pieces.map((piece) => piece.text).join("");
  const cut = marked(pieces, wanted ? places(whole, wanted) : []);
  return (
    <>
      {head && times ? (
        <span className={classes.quiet}>{`${moment(head.time, zone)}${head.time.slice(19, 23)}  `}</span>
      ) : null}
      {cut.map((piece, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a line have no names, and never move
        <span key={place} className={piece.found ? classes.found : piece.className} style={style(piece, background)}>
          {visible(piece.text)}
        </span>
      ))}
    </>
  );
}

const LEVEL: Record<Level, string | undefined> = {
  0: classes.quiet,
  1: classes.quiet,
  2: classes.quiet,
  3: classes.warning,
  4: classes.error,
  5: classes.error,
};

function quiet(text: string): Piece {
  return {
    text,
    color: null,
    background: null,
    bold: false,
    italic: false,
    underline: false,
    strike: false,
    className: classes.quiet,
  };
}

function style(piece: Token & { found: boolean }, behind: Rgb): React.CSSProperties | undefined {
  if (!(piece.color || piece.background || piece.bold || piece.italic || piece.underline || piece.strike)) {
    return undefined;
  }
  const background = piece.background ?? behind;
  const color = piece.color ?? (piece.background ? readable([0, 0, 0], background) : null);
  return {
    ...(color && !piece.found ? { color: css(readable(color, background)) } : {}),
    ...(piece.background && !piece.found ? { background: css(piece.background) } : {}),
    ...(piece.bold ? { fontWeight: 700 } : {}),
    ...(piece.italic ? { fontStyle: "italic" } : {}),
    ...(piece.underline || piece.strike
      ? { textDecoration: `${piece.underline ? "underline" : ""} ${piece.strike ? "line-through" : ""}` }
      : {}),
  };
}
