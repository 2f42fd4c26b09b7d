import { ActionIcon, Alert, Button, Group, SegmentedControl, Stack, Text, Title, VisuallyHidden } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { serverNow } from "~/api/clock";
import { Legend } from "~/components/Legend";
import { Loaded } from "~/components/Loaded";
import { useShownZone } from "~/components/Time";
import { useFilters } from "~/filters";
import { add, byUrgency, type Counts } from "~/states";
import { useTitle } from "~/title";
import { dayOf } from "~/wallclock";
import { useDag } from "../context";
import classes from "./Calendar.module.css";
import { monthAfter, monthsOf, movedDay, type Span, spanOf } from "./days";
import { Month } from "./Month";
import { type Day, useDays } from "./useDays";

/** The days on which a DAG ran and will run: a year of them, or a month. */
export function Page() {
  const { t } = useTranslation();
  const dag = useDag();
  const { one } = useFilters();
  const zone = useShownZone();
  useTitle(t("dag.tabs.calendar"), dag.dag_display_name);
  const today = dayOf(serverNow(), zone);
  const span = spanOf(one("year"), one("month"), today);
  const { calendar, days, due } = useDays(dag.dag_id, span);
  const states = useMemo(() => statesOn(days), [days]);
  return (
    <Stack gap="sm">
      <VisuallyHidden>
        <Title order={2}>{t("dag.tabs.calendar")}</Title>
      </VisuallyHidden>
      <Steps span={span} today={today} />
      <Loaded query={calendar} lines={12}>
        {({ truncated }) => (
          <>
            {truncated ? <Alert color="yellow">{t("dag.calendar.truncated")}</Alert> : null}
            <Months dagId={dag.dag_id} span={span} days={days} today={today} />
          </>
        )}
      </Loaded>
      <Group justify="space-between" gap="xs">
        <Group gap="sm">
          <Legend states={states} />
          {[...days.values()].some((day) => day.planned > 0) ? (
            <Group gap={6} wrap="nowrap">
              <span className={classes.plannedSample} aria-hidden="true">
                +
              </span>
              <Text size="xs">{t("dag.calendar.plannedSign")}</Text>
            </Group>
          ) : null}
        </Group>
        <Text size="xs">
          {due > 0 ? `${t("dag.calendar.moreDue", { count: due })} · ` : ""}
          {t("dag.calendar.zone", { zone })}
        </Text>
      </Group>
    </Stack>
  );
}

function Steps({ span, today }: { span: Span; today: string }) {
  const { t, i18n } = useTranslation();
  const { set } = useFilters();
  const isMonth = span.month !== null;
  const show = (wanted: { year?: string; month?: string }) => set({ year: null, month: null, ...wanted });
  const step = (by: number) =>
    span.month === null ? show({ year: String(Number(span.year) + by) }) : show({ month: monthAfter(span.month, by) });
  return (
    <Group gap="xs">
      <ActionIcon
        variant="default"
        aria-label={t(isMonth ? "dag.calendar.previousMonth" : "dag.calendar.previousYear")}
        onClick={() => step(-1)}
      >
        <IconChevronLeft size={16} />
      </ActionIcon>
      <Text fw={600} miw={isMonth ? 150 : 48} ta="center" aria-live="polite">
        {span.month === null ? span.year : monthName(span.month, i18n.language, true)}
      </Text>
      <ActionIcon
        variant="default"
        aria-label={t(isMonth ? "dag.calendar.nextMonth" : "dag.calendar.nextYear")}
        onClick={() => step(1)}
      >
        <IconChevronRight size={16} />
      </ActionIcon>
      <SegmentedControl
        size="xs"
        aria-label={t("dag.tabs.calendar")}
        value={isMonth ? "month" : "year"}
        onChange={(wanted) =>
          wanted === "year"
            ? show({ year: span.year })
            : show({ month: today.startsWith(span.year) ? today.slice(0, 7) : `${span.year}-01` })
        }
        data={[
          { value: "year", label: t("dag.calendar.year") },
          { value: "month", label: t("dag.calendar.month") },
        ]}
      />
      <Button
        size="xs"
        variant="default"
        onClick={() => (isMonth ? show({ month: today.slice(0, 7) }) : show({ year: today.slice(0, 4) }))}
      >
        {t("dag.calendar.today")}
      </Button>
    </Group>
  );
}

interface MonthsProps {
  dagId: string;
  span: Span;
  days: Map<string, Day>;
  today: string;
}

/** Arrow keys go from day to day, from month to month. */
function Months({ dagId, span, days, today }: MonthsProps) {
  const { i18n } = useTranslation();
  const [chosen, setChosen] = useState(today);
  const box = useRef<HTMLDivElement>(null);
  const active = chosen >= span.from && chosen < span.until ? chosen : span.from;
  const onKeyDown = (event: React.KeyboardEvent) => {
    const day = (event.target as Element).closest("[data-day]")?.getAttribute("data-day");
    const next = day && !event.altKey && !event.ctrlKey && !event.metaKey ? movedDay(day, event.key, span) : null;
    if (!next) return;
    event.preventDefault();
    setChosen(next);
    box.current?.querySelector<HTMLElement>(`[data-day="${next}"]`)?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it has the keys of the links in it
    <div ref={box} className={span.month === null ? classes.year : classes.single} onKeyDown={onKeyDown}>
      {(span.month === null ? monthsOf(span.year) : [span.month]).map((month) => (
        <Month
          key={month}
          dagId={dagId}
          month={month}
          name={monthName(month, i18n.language, false)}
          large={span.month !== null}
          days={days}
          today={today}
          active={active.startsWith(month) ? active : null}
        />
      ))}
    </div>
  );
}

function monthName(month: string, language: string, withYear: boolean): string {
  const format = new Intl.DateTimeFormat(language, {
    month: "long",
    ...(withYear ? { year: "numeric" } : {}),
    timeZone: "UTC",
  });
  const name = format.format(new Date(`${month}-01T00:00Z`));
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
}

function statesOn(days: Map<string, Day>): string[] {
  const counts: Counts = {};
  for (const day of days.values()) add(counts, day.counts);
  return byUrgency(counts).map(([state]) => state);
}
