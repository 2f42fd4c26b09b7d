import { VisuallyHidden } from "@mantine/core";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import cell from "~/components/cell.module.css";
import { useStateWord } from "~/components/State";
import { useShownZone } from "~/components/Time";
import { links } from "~/links";
import { byUrgency, signOf, small, summary } from "~/states";
import { boundsOf } from "~/wallclock";
import classes from "./Calendar.module.css";
import { weeksOf } from "./days";
import type { Day } from "./useDays";

const NOTHING: Day = { counts: {}, planned: 0 };
/** Any Monday. */
const MONDAY = Date.UTC(2026, 0, 5);
const A_DAY = 86_400_000;

interface Props {
  dagId: string;
  month: string;
  name: string;
  /** Whether there is room for each state of a day, not only for the worst. */
  large: boolean;
  days: Map<string, Day>;
  today: string;
  /** The day that Tab leads to, if it is in this month. */
  active: string | null;
}

/** A month; each day leads to its runs. */
export const Month = memo(function Month({ dagId, month, name, large, days, today, active }: Props) {
  const { i18n } = useTranslation();
  const weekdays = Array.from({ length: 7 }, (_, place) => new Date(MONDAY + place * A_DAY));
  const long = new Intl.DateTimeFormat(i18n.language, { weekday: "long", timeZone: "UTC" });
  const short = new Intl.DateTimeFormat(i18n.language, { weekday: large ? "short" : "narrow", timeZone: "UTC" });
  const spoken = new Intl.DateTimeFormat(i18n.language, { dateStyle: "full", timeZone: "UTC" });
  return (
    <table className={large ? classes.large : classes.month}>
      <caption>{large ? <VisuallyHidden>{name}</VisuallyHidden> : <Link to={`?month=${month}`}>{name}</Link>}</caption>
      <thead>
        <tr>
          {weekdays.map((weekday) => (
            <th key={weekday.getTime()} scope="col">
              <abbr title={long.format(weekday)}>{short.format(weekday)}</abbr>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeksOf(month).map((week) => (
          <tr key={week.find(Boolean)}>
            {week.map((date, place) =>
              date === null ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: it is the day of the week
                <td key={place} />
              ) : (
                <td key={date}>
                  <DayLink
                    dagId={dagId}
                    date={date}
                    day={days.get(date) ?? NOTHING}
                    large={large}
                    isToday={date === today}
                    focusable={date === active}
                    spoken={spoken.format(new Date(`${date}T00:00Z`))}
                  />
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
});

interface DayProps {
  dagId: string;
  date: string;
  day: Day;
  large: boolean;
  isToday: boolean;
  focusable: boolean;
  /** The day in words. */
  spoken: string;
}

/** Of as few elements as it can be: a year has hundreds. */
function DayLink({ dagId, date, day, large, isToday, focusable, spoken }: DayProps) {
  const { t } = useTranslation();
  const word = useStateWord();
  const zone = useShownZone();
  const [from, to] = boundsOf(date, zone) ?? [];
  const { state, text } = summary(day.counts);
  const words = byUrgency(day.counts).map(([one, count]) => `${count} ${word(one)}`);
  if (day.planned > 0) words.push(t("dag.calendar.planned", { count: day.planned }));
  const label = t("dag.calendar.day", {
    date: spoken,
    what: words.join(", ") || t("dag.calendar.nothing"),
  });
  const solid = state !== null && !large ? cell.solid : "";
  const nothing = words.length === 0;
  const number = Number(date.slice(8));
  const count = text || (day.planned > 0 ? `+${small(day.planned)}` : "");
  return (
    <Link
      to={`${links.dag(dagId)}?from=${from}&until=${to}&limit=100`}
      className={`${classes.day} ${solid}`}
      data-day={date}
      data-state={state ?? undefined}
      data-planned={(state === null && day.planned > 0) || undefined}
      aria-current={isToday ? "date" : undefined}
      title={label}
      aria-label={nothing ? label : undefined}
      tabIndex={focusable ? 0 : -1}
    >
      {nothing ? (
        number
      ) : (
        <>
          <VisuallyHidden>{label}</VisuallyHidden>
          <span aria-hidden="true">{number}</span>
          {large ? <Chips day={day} /> : null}
          {!large && count ? (
            <span className={classes.count} aria-hidden="true">
              {count}
            </span>
          ) : null}
        </>
      )}
    </Link>
  );
}

/** Each state of a day, and what is to come. */
function Chips({ day }: { day: Day }) {
  const { t } = useTranslation();
  const word = useStateWord();
  return (
    <span className={classes.chips} aria-hidden="true">
      {byUrgency(day.counts).map(([one, count]) => (
        <span key={one} className={`${classes.chip} ${cell.solid}`} data-state={one}>
          {signOf(one) || "✓"} {small(count)} <span className={classes.word}>{word(one)}</span>
        </span>
      ))}
      {day.planned > 0 ? (
        <span className={`${classes.chip} ${classes.planned}`}>
          +{small(day.planned)} <span className={classes.word}>{t("dag.calendar.plannedSign")}</span>
        </span>
      ) : null}
    </span>
  );
}
