import { Group, List, Paper, SimpleGrid, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Head } from "~/components/Head";
import { Pager } from "~/components/Pager";
import { Problem } from "~/components/Problem";
import { Search } from "~/components/Search";
import { useFilters } from "~/filters";
import { Dags } from "./Dags";
import { money } from "./money";
import { type Costs, useCosts } from "./useCosts";

const PAGE = 50;
const ASSUMED = ["counted", "past", "prices", "worker", "logs", "sensors", "others"] as const;

/** What brisa would cost in a month: idle, and for each DAG. */
export function Page() {
  const { t } = useTranslation();
  const { query, costs } = useCosts();
  return (
    <Stack gap="sm">
      <Head title={t("cost.title")} />
      {query.isError ? <Problem error={query.error} retry={() => void query.fetchNextPage()} /> : null}
      {costs ? <Told costs={costs} /> : query.isError ? null : <Skeleton height={120} aria-busy="true" />}
    </Stack>
  );
}

function Told({ costs }: { costs: Costs }) {
  const { t, i18n } = useTranslation();
  const filters = useFilters();
  const wanted = filters.one("search").toLowerCase();
  const offset = filters.number("offset");
  const shown = costs.dags.filter((one) => one.dag_id.toLowerCase().includes(wanted));
  const dags = costs.dags.reduce((sum, one) => sum + one.usd, 0);
  const inMoney = (value: number) => money(value, costs.currency, i18n.language);
  const counted = costs.dags.length === costs.total;
  return (
    <>
      <Text size="sm">{t("cost.intro", { region: costs.region })}</Text>
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="xs" maw={700}>
        <Figure name={t("cost.total")}>{counted ? inMoney(costs.idle + dags) : "…"}</Figure>
        <Figure name={t("cost.idle")}>{inMoney(costs.idle)}</Figure>
        <Figure name={t("cost.dags")}>{counted ? inMoney(dags) : "…"}</Figure>
      </SimpleGrid>
      <Group gap="xs">
        <Search name="search" label={t("cost.search")} />
        <Text size="sm" role="status">
          {counted ? "" : t("cost.loading", { done: costs.dags.length, total: costs.total })}
        </Text>
      </Group>
      {shown.length ? (
        <Dags costs={shown.slice(offset, offset + PAGE)} currency={costs.currency} />
      ) : (
        <Text>{t(wanted ? "common.empty.filtered" : "cost.none")}</Text>
      )}
      <Pager offset={offset} limit={PAGE} total={shown.length} onMove={(to) => filters.set({ offset: String(to) })} />
      <Paper component="section" withBorder p="sm">
        <Title order={2} size="h5" mb={4}>
          {t("cost.assumed.title")}
        </Title>
        <List size="sm">
          {ASSUMED.map((name) => (
            <List.Item key={name}>{t(`cost.assumed.${name}`)}</List.Item>
          ))}
        </List>
      </Paper>
    </>
  );
}

function Figure({ name, children }: { name: string; children: string }) {
  return (
    <Paper withBorder p="xs">
      <Text size="xl" fw={600} style={{ lineHeight: 1.2 }}>
        {children}
      </Text>
      <Text size="sm">{name}</Text>
    </Paper>
  );
}
