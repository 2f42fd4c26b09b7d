import {
  ActionIcon,
  Badge,
  Group,
  MultiSelect,
  SegmentedControl,
  Select,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
  Tooltip,
  VisuallyHidden,
} from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconAlertOctagon, IconSearch, IconStar } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { memo, useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { $api, type Schema } from "~/api/client";
import { Favourite } from "~/components/Favourite";
import { Loaded } from "~/components/Loaded";
import { Pager } from "~/components/Pager";
import { PauseSwitch } from "~/components/PauseSwitch";
import { RunStrip } from "~/components/RunStrip";
import { useStateWord } from "~/components/State";
import { Time } from "~/components/Time";
import { useFilters } from "~/filters";
import { links } from "~/links";
import { useTitle } from "~/title";
import classes from "./Dags.module.css";
import { dagsAsked, favouritesAsked, PAGE, recentAsked } from "./dagsAsked";

type Dag = Schema["DAGResponse"];
type RunState = Schema["DagRunState"];
const STATES: RunState[] = ["queued", "running", "success", "failed"];

/** All DAGs, found by name, tag, owner or state. */
export function Page() {
  const { t } = useTranslation();
  const filters = useFilters();
  useTitle(t("dags.title"));
  const offset = filters.number("offset");
  const query = useQuery({ ...dagsAsked(filters), placeholderData: keepPreviousData });
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Title order={1} size="h3">
          {t("dags.title")}
        </Title>
        <Text size="sm" c="dimmed" role="status">
          {query.data ? t("dags.count", { count: query.data.total_entries }) : ""}
        </Text>
      </Group>
      <Filters />
      <Loaded query={query} lines={12}>
        {({ dags, total_entries }) => (
          <>
            <List dags={dags} />
            {total_entries === 0 ? (
              <Text c="dimmed">{t(filters.any ? "common.empty.filtered" : "dags.noneYet")}</Text>
            ) : null}
            <Pager
              offset={offset}
              limit={PAGE}
              total={total_entries}
              onMove={(to) => filters.set({ offset: String(to) })}
            />
          </>
        )}
      </Loaded>
    </Stack>
  );
}

function Filters() {
  const { t } = useTranslation();
  const filters = useFilters();
  const word = useStateWord();
  const [text, setText] = useState(filters.one("search"));
  const search = useDebouncedCallback((wanted: string) => filters.set({ search: wanted }), 200);
  const tags = $api.useQuery("get", "/api/v2/dagTags", { params: { query: { limit: 100 } } });
  return (
    <Group gap="xs" align="flex-end">
      <TextInput
        size="xs"
        w={220}
        leftSection={<IconSearch size={14} />}
        placeholder={t("dags.search")}
        aria-label={t("dags.search")}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          search(event.currentTarget.value);
        }}
      />
      <MultiSelect
        size="xs"
        w={200}
        placeholder={filters.many("tags").length ? undefined : t("dags.tags")}
        aria-label={t("dags.tags")}
        data={[...new Set([...(tags.data?.tags ?? []), ...filters.many("tags")])]}
        value={filters.many("tags")}
        onChange={(wanted) => filters.set({ tags: wanted })}
        searchable
        clearable
      />
      <Select
        size="xs"
        w={180}
        placeholder={t("dags.lastState")}
        aria-label={t("dags.lastState")}
        data={STATES.map((state) => ({ value: state, label: word(state) }))}
        value={filters.one("state") || null}
        onChange={(state) => filters.set({ state })}
        clearable
      />
      <SegmentedControl
        size="xs"
        aria-label={t("dags.paused")}
        value={filters.one("paused")}
        onChange={(paused) => filters.set({ paused })}
        data={[
          { value: "", label: t("dags.all") },
          { value: "false", label: t("dags.active") },
          { value: "true", label: t("dags.onlyPaused") },
        ]}
      />
      <Tooltip label={t("dags.favourites")}>
        <ActionIcon
          variant={filters.one("favourites") ? "filled" : "default"}
          aria-label={t("dags.favourites")}
          aria-pressed={Boolean(filters.one("favourites"))}
          onClick={() => filters.set({ favourites: filters.one("favourites") ? null : "true" })}
        >
          <IconStar size={16} />
        </ActionIcon>
      </Tooltip>
      {filters.many("owners").map((owner) => (
        <Badge
          key={owner}
          component="button"
          variant="light"
          tt="none"
          onClick={() => filters.set({ owners: filters.many("owners").filter((one) => one !== owner) })}
        >
          {t("dags.owners")}: {owner} ✕
        </Badge>
      ))}
    </Group>
  );
}

function List({ dags }: { dags: Dag[] }) {
  const { t } = useTranslation();
  const recent = useQuery({ ...recentAsked(dags), enabled: dags.length > 0, placeholderData: keepPreviousData });
  const marked = useQuery(favouritesAsked());
  const favourites = new Set(marked.data?.dags.map((one) => one.dag_id));
  const { many, set } = useFilters();
  const onTag = useCallback((tag: string) => set({ tags: [...new Set([...many("tags"), tag])] }), [many, set]);
  const runs = new Map(recent.data?.dags.map((one) => [one.dag_id, one.runs]));
  if (dags.length === 0) return null;
  return (
    <Table.ScrollContainer minWidth={0}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th colSpan={2}>{t("dags.columns.dag")}</th>
            <th className="mantine-visible-from-sm">{t("dags.columns.schedule")}</th>
            <th>{t("dags.columns.recent")}</th>
            <th className="mantine-visible-from-md">{t("dags.columns.last")}</th>
            <th className="mantine-visible-from-md">{t("dags.columns.next")}</th>
            <th>
              <VisuallyHidden>{t("dags.favourites")}</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          {dags.map((dag) => (
            <Row
              key={dag.dag_id}
              dag={dag}
              runs={runs.get(dag.dag_id) ?? NONE}
              favourite={favourites.has(dag.dag_id)}
              onTag={onTag}
            />
          ))}
        </tbody>
      </table>
    </Table.ScrollContainer>
  );
}

const NONE: Schema["RunSummary"][] = [];

interface RowProps {
  dag: Dag;
  runs: Schema["RunSummary"][];
  favourite: boolean;
  onTag: (tag: string) => void;
}

/** A DAG; that it is as it was need not be found out again when another one changes. */
const Row = memo(function Row({ dag, runs, favourite, onTag }: RowProps) {
  const { t } = useTranslation();
  return (
    <tr>
      <td className={classes.switch}>
        <PauseSwitch dagId={dag.dag_id} name={dag.dag_display_name} paused={dag.is_paused} />
      </td>
      <td>
        <div className={classes.name}>
          <Link to={links.dag(dag.dag_id)} className={`link anywhere ${classes.link}`}>
            {dag.dag_display_name}
          </Link>
          {dag.has_import_errors ? (
            <Tooltip label={t("dags.importError")}>
              <Link to={links.importErrors()} aria-label={t("dags.importError")}>
                <IconAlertOctagon size={16} color="var(--state-failed)" />
              </Link>
            </Tooltip>
          ) : null}
          {dag.tags.map((tag) => (
            <button key={tag.name} type="button" className={classes.tag} onClick={() => onTag(tag.name)}>
              {tag.name}
            </button>
          ))}
        </div>
        {dag.description ? <div className={`${classes.description} dimmed anywhere`}>{dag.description}</div> : null}
      </td>
      <td className="mono mantine-visible-from-sm">{dag.timetable_summary ?? "–"}</td>
      <td>
        <RunStrip dagId={dag.dag_id} name={dag.dag_display_name} runs={runs} />
      </td>
      <td className="mantine-visible-from-md">
        <Time at={runs[0]?.run_after} seconds={false} />
      </td>
      <td className={`mantine-visible-from-md ${dag.is_paused ? "dimmed" : ""}`}>
        <Time at={dag.next_dagrun_run_after} seconds={false} />
      </td>
      <td className={classes.star}>
        <Favourite dagId={dag.dag_id} name={dag.dag_display_name} is={favourite} />
      </td>
    </tr>
  );
});
