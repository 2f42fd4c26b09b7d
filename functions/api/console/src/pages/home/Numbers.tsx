import { Paper, SimpleGrid, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { colorOf } from "~/components/State";
import { links } from "~/links";
import classes from "./Numbers.module.css";

interface Numbered {
  name: "active" | "paused" | "running" | "queued" | "failed" | "importErrors";
  value: number | undefined;
  to: string;
  state?: string;
}

/** How many there are, each with the way to see which. */
export function Numbers(counts: Record<Numbered["name"], number | undefined>) {
  const { t } = useTranslation();
  const shown: Numbered[] = [
    { name: "active", value: counts.active, to: `${links.dags()}?paused=false` },
    { name: "paused", value: counts.paused, to: `${links.dags()}?paused=true` },
    { name: "running", value: counts.running, to: `${links.runs()}?state=running`, state: "running" },
    { name: "queued", value: counts.queued, to: `${links.runs()}?state=queued`, state: "queued" },
    { name: "failed", value: counts.failed, to: `${links.runs()}?state=failed`, state: "failed" },
    { name: "importErrors", value: counts.importErrors, to: links.importErrors(), state: "failed" },
  ];
  return (
    <SimpleGrid component="nav" aria-label={t("home.numbers.title")} cols={{ base: 2, xs: 3, lg: 6 }} spacing="xs">
      {shown.map(({ name, value, to, state }) => (
        <Paper key={name} component={Link} to={to} withBorder p="xs" className={classes.number}>
          <Text size="xl" fw={600} style={{ lineHeight: 1.2 }}>
            {value ?? "–"}
          </Text>
          <Text size="sm">
            {state && value ? (
              <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true" className={classes.dot}>
                <circle cx="5" cy="5" r="4.5" fill={colorOf(state)} />
              </svg>
            ) : null}
            {t(`home.numbers.${name}`)}
          </Text>
        </Paper>
      ))}
    </SimpleGrid>
  );
}
