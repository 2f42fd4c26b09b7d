import { Link } from "react-router";
import classes from "./Counts.module.css";
import { colorOf, useStateWord } from "./State";

const ORDER = ["failed", "upstream_failed", "running", "restarting", "up_for_retry", "up_for_reschedule", "deferred"];

interface Props {
  counts: Record<string, number>;
  /** Where those of one state are shown. */
  to?: (state: string) => string;
}

/** How many task instances are in which state, what needs care first. */
export function Counts({ counts, to }: Props) {
  const word = useStateWord();
  const place = (state: string) => (ORDER.includes(state) ? ORDER.indexOf(state) : ORDER.length);
  const states = Object.entries(counts).sort(([a], [b]) => place(a) - place(b));
  return (
    <span className={classes.counts}>
      {states.map(([state, count]) => {
        const shown = (
          <>
            <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
              <circle cx="5" cy="5" r="4.5" fill={colorOf(state)} />
            </svg>
            {count} {word(state)}
          </>
        );
        return to ? (
          <Link key={state} className={classes.chip} to={to(state)} data-state={state}>
            {shown}
          </Link>
        ) : (
          <span key={state} className={classes.chip} data-state={state}>
            {shown}
          </span>
        );
      })}
    </span>
  );
}
