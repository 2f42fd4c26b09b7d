import { Anchor, Badge, Breadcrumbs, Button, Group, Stack, Text, Title, Tooltip } from "@mantine/core";
import { IconAlertOctagon, IconFileOff, IconPlayerPlay } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useMay } from "~/api/session";
import { Favourite } from "~/components/Favourite";
import { PauseSwitch } from "~/components/PauseSwitch";
import { Time } from "~/components/Time";
import { links } from "~/links";
import type { Details } from "./context";

/** What a DAG is called and when it runs, and what can be done with it as a whole. */
export function Header({ dag }: { dag: Details }) {
  const { t } = useTranslation();
  const may = useMay("runs:trigger");
  const name = dag.dag_display_name;
  return (
    <Stack gap={6}>
      <nav aria-label={t("dag.breadcrumbs")}>
        <Breadcrumbs separatorMargin={6} fz="sm">
          <Anchor component={Link} to={links.dags()} size="sm" lh="24px">
            {t("common.nav.dags")}
          </Anchor>
          <Text size="sm" aria-current="page" className="anywhere" style={{ whiteSpace: "normal" }}>
            {name}
          </Text>
        </Breadcrumbs>
      </nav>
      <Group justify="space-between" align="center" gap="xs">
        <Group gap="xs" wrap="nowrap" style={{ minWidth: 0 }}>
          <PauseSwitch dagId={dag.dag_id} name={name} paused={dag.is_paused} />
          <Title order={1} size="h3" className="anywhere">
            {name}
          </Title>
          <Favourite dagId={dag.dag_id} name={name} is={dag.is_favorite} />
        </Group>
        {may && !dag.is_stale ? (
          <Button
            size="xs"
            component={Link}
            to={links.dag(dag.dag_id, "trigger")}
            leftSection={<IconPlayerPlay size={14} />}
          >
            {t("dag.trigger")}
          </Button>
        ) : null}
      </Group>
      {dag.description ? (
        <Text size="sm" className="anywhere">
          {dag.description}
        </Text>
      ) : null}
      <Group gap="4px 16px">
        {name === dag.dag_id ? null : (
          <Fact name={t("dag.details.dagId")}>
            <span className="mono anywhere">{dag.dag_id}</span>
          </Fact>
        )}
        <Fact name={t("dags.columns.schedule")}>
          <Tooltip label={dag.timetable_description} disabled={!dag.timetable_description}>
            <span className="mono anywhere">{dag.timetable_summary ?? t("dag.noSchedule")}</span>
          </Tooltip>
        </Fact>
        <Fact name={t("dags.columns.next")}>
          <Time at={dag.next_dagrun_run_after} seconds={false} />
          {dag.is_paused && dag.next_dagrun_run_after ? ` (${t("dag.onceUnpaused")})` : null}
        </Fact>
        {dag.owners.length > 0 ? (
          <Fact name={t("dags.owners")}>
            {dag.owners.map((owner, place) => (
              <span key={owner}>
                {place > 0 ? ", " : null}
                <Anchor
                  component={Link}
                  to={`${links.dags()}?owners=${encodeURIComponent(owner)}`}
                  size="sm"
                  className="anywhere"
                >
                  {owner}
                </Anchor>
              </span>
            ))}
          </Fact>
        ) : null}
        {dag.tags.map((tag) => (
          <Badge
            key={tag.name}
            component={Link}
            to={`${links.dags()}?tags=${encodeURIComponent(tag.name)}`}
            size="lg"
            fz="xs"
            variant="default"
            tt="none"
            style={{ cursor: "pointer" }}
          >
            {tag.name}
          </Badge>
        ))}
        {dag.has_import_errors ? (
          <Anchor component={Link} to={links.importErrors()} size="sm">
            <Group gap={4} wrap="nowrap">
              <IconAlertOctagon size={16} color="var(--state-failed)" aria-hidden="true" />
              {t("dags.importError")}
            </Group>
          </Anchor>
        ) : null}
        {dag.is_stale ? (
          <Group gap={4} wrap="nowrap" fz="sm">
            <IconFileOff size={16} aria-hidden="true" />
            {t("dag.stale")}
          </Group>
        ) : null}
      </Group>
    </Stack>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Text size="sm" component="span">
      <Text component="span" inherit fw={600}>
        {name}:
      </Text>{" "}
      {children}
    </Text>
  );
}
