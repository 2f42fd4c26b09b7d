import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import type { Schema } from "~/api/client";
import { links } from "~/links";
import { between, duration, moment } from "~/time";
import { Hint } from "./Hint";
import classes from "./RunStrip.module.css";
import { colorOf, useStateWord } from "./State";
import { useShownZone } from "./Time";

type Run = Schema["RunSummary"];
const LEAST = 0.2;

interface Props {
  dagId: string;
  name: string;
  /** The latest first. */
  runs: Run[];
}

/**
 * The latest runs, the latest at the right: the colour tells the state, the height how long each took. It leads to the
 * list of runs; who points at one bar, which is narrow, comes to its run.
 */
export const RunStrip = memo(function RunStrip({ dagId, name, runs }: Props) {
  const { t } = useTranslation();
  const word = useStateWord();
  const zone = useShownZone();
  const navigate = useNavigate();
  const [pointed, setPointed] = useState<string | undefined>();
  const latest = runs[0];
  if (!latest) return null;
  const seconds = runs.map(secondsOf);
  const longest = Math.max(...seconds, 0.001);
  const about = runs.find((run) => run.dag_run_id === pointed) ?? latest;
  const hint = () =>
    t("dags.runHint", {
      state: word(about.state),
      duration: duration(secondsOf(about)),
      time: moment(about.run_after, zone),
    });
  return (
    <Hint label={hint}>
      {(handlers) => (
        <Link
          to={links.dag(dagId, "runs")}
          aria-label={t("dags.runsOf", { dag: name, state: word(latest.state) })}
          className={classes.strip ?? ""}
          {...handlers}
          onMouseOver={(event) => setPointed((event.target as HTMLElement).dataset.run)}
          onClick={(event) => {
            const run = (event.target as HTMLElement).dataset.run;
            if (run === undefined || event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            void navigate(links.run(dagId, run));
          }}
        >
          {runs
            .map((run, place) => (
              <span
                key={run.dag_run_id}
                className={classes.bar}
                data-state={run.state}
                data-run={run.dag_run_id}
                style={{
                  height: `${100 * Math.max(LEAST, (seconds[place] ?? 0) / longest)}%`,
                  background: colorOf(run.state),
                }}
              />
            ))
            .reverse()}
        </Link>
      )}
    </Hint>
  );
});

function secondsOf(run: Run): number {
  return run.start_date ? between(run.start_date, run.end_date) : 0;
}
