// biome-ignore-all lint/a11y/useSemanticElements: the rows and cells of a table can't be placed, as those that are drawn must
// biome-ignore-all lint/a11y/useFocusableInteractive: what is in a cell has the focus
import { IconBox, IconHistory, IconPlayerPlay } from "@tabler/icons-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { Schema } from "~/api/client";
import cell from "~/components/cell.module.css";
import { useStateWord } from "~/components/State";
import { useShownZone } from "~/components/Time";
import { links } from "~/links";
import { between, duration, moment } from "~/time";
import classes from "./Matrix.module.css";
import { CELL, columnsOf, HEAD } from "./sizes";

type Run = Schema["RunSummary"];

const ICONS = { manual: IconPlayerPlay, backfill: IconHistory, asset_triggered: IconBox } as const;
/** Hours between the first and the last run from which days are told rather than times. */
const DAYS = 36;
/** Every so many columns have a text over them: there is no room for more. */
const TOLD = 4;
const LEAST = 8;

interface Props {
  dagId: string;
  runs: Run[];
  blocks: number[];
  names: number;
  width: number;
  /** The column with the focus, or -1. */
  active: number;
}

/** The runs over a grid: how long each took, as a bar, and its state. */
export const Head = memo(function Head({ dagId, runs, blocks, names, width, active }: Props) {
  const { t } = useTranslation();
  const word = useStateWord();
  const zone = useShownZone();
  const seconds = runs.map((run) => (run.start_date ? between(run.start_date, run.end_date) : 0));
  const longest = Math.max(...seconds, 0);
  const [latest, first] = [runs[0], runs.at(-1)];
  const days = latest && first && between(first.run_after, latest.run_after) > DAYS * 3600;
  return (
    <div role="rowgroup" className={classes.head} style={{ width, height: HEAD }}>
      <div role="row" aria-rowindex={1}>
        <div
          role="columnheader"
          aria-colindex={1}
          className={classes.corner}
          style={{ width: names }}
          tabIndex={active === 0 ? 0 : -1}
        >
          <span>{t("dag.grid.task")}</span>
          {longest > 0 ? (
            <span className={classes.longest}>{t("dag.grid.longest", { time: duration(longest) })}</span>
          ) : null}
        </div>
        {blocks
          .flatMap((block) => columnsOf(block, runs.length))
          .map((column) => {
            const place = runs.length - column;
            const run = runs[place];
            if (!run) return null;
            const took = seconds[place] ?? 0;
            const when = moment(run.run_after, zone, false);
            const Icon = ICONS[run.run_type as keyof typeof ICONS];
            return (
              <div
                key={run.dag_run_id}
                role="columnheader"
                aria-colindex={column + 1}
                className={classes.run}
                style={{ left: names + (column - 1) * CELL }}
              >
                {place % TOLD === 0 ? (
                  <span className={classes.when} data-last={place === 0 || undefined} aria-hidden="true">
                    {days ? when.slice(5, 10) : when.slice(11)}
                  </span>
                ) : null}
                <a
                  href={links.run(dagId, run.dag_run_id)}
                  tabIndex={active === column ? 0 : -1}
                  className={classes.runLink}
                  aria-label={t("dag.grid.run", {
                    type: t(`run.types.${run.run_type}`),
                    state: word(run.state),
                    duration: duration(took),
                    time: when,
                  })}
                >
                  <span
                    className={`${classes.bar} ${cell.solid}`}
                    data-state={run.state}
                    style={{ height: `${Math.max(LEAST, longest > 0 ? (100 * took) / longest : 0)}%` }}
                  />
                </a>
                {Icon ? <Icon size={12} className={classes.type} aria-hidden="true" /> : null}
              </div>
            );
          })}
      </div>
    </div>
  );
});
