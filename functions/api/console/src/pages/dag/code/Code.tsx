import { Button, CopyButton, Group, Select, Stack, Text, Title, VisuallyHidden } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "react-router";
import { $api } from "~/api/client";
import { Loaded } from "~/components/Loaded";
import { useShownZone } from "~/components/Time";
import { useFilters } from "~/filters";
import { moment } from "~/time";
import { useTitle } from "~/title";
import { useDag } from "../context";
import { Source } from "./Source";
import { LONGEST, lineOf, linesOf } from "./tokens";

const LISTED = 100;

/** The file that a DAG is in, as it was when a version of the DAG was made (`?version=`), or as it is. */
export function Page() {
  const { t } = useTranslation();
  const dag = useDag();
  const filters = useFilters();
  useTitle(t("dag.tabs.code"), dag.dag_display_name);
  const version = filters.number("version") || undefined;
  const source = $api.useQuery("get", "/api/v2/dagSources/{dag_id}", {
    params: { path: { dag_id: dag.dag_id }, query: { version_number: version } },
    headers: { Accept: "application/json" },
  });
  const found = source.data && typeof source.data !== "string" ? source.data : undefined;
  return (
    <Stack gap="sm">
      <VisuallyHidden>
        <Title order={2}>{t("dag.tabs.code")}</Title>
      </VisuallyHidden>
      <Group gap="xs" align="flex-end">
        <Versions dagId={dag.dag_id} shown={version ?? found?.version_number ?? undefined} />
        {found?.content ? <Copy text={found.content} /> : null}
        <Text size="sm" className="mono anywhere" py={6}>
          {dag.relative_fileloc ?? dag.fileloc}
        </Text>
      </Group>
      <Loaded query={source} lines={20}>
        {() => (found?.content ? <Shown file={dag.fileloc} text={found.content} /> : <Text>{t("dag.code.none")}</Text>)}
      </Loaded>
    </Stack>
  );
}

function Shown({ file, text }: { file: string; text: string }) {
  const { t } = useTranslation();
  const { hash } = useLocation();
  const lines = useMemo(() => linesOf(text), [text]);
  return (
    <>
      {text.length > LONGEST ? <Text size="sm">{t("dag.code.plain")}</Text> : null}
      <Source label={t("dag.code.label", { file })} lines={lines} target={lineOf(hash)} />
    </>
  );
}

function Versions({ dagId, shown }: { dagId: string; shown: number | undefined }) {
  const { t } = useTranslation();
  const { set } = useFilters();
  const zone = useShownZone();
  const query = $api.useQuery("get", "/api/v2/dags/{dag_id}/dagVersions", {
    params: { path: { dag_id: dagId }, query: { order_by: ["-version_number"], limit: LISTED } },
  });
  const versions = query.data?.dag_versions ?? [];
  const latest = versions[0]?.version_number;
  const data = versions.map(({ version_number: number, created_at: made }) => ({
    value: String(number),
    label: `${number === latest ? t("dag.code.latest", { version: number }) : number} · ${moment(made, zone)}`,
  }));
  const value = shown === undefined ? null : String(shown);
  return (
    <Select
      size="xs"
      w={{ base: "100%", xs: 260 }}
      label={t("dag.code.version")}
      data={value === null || data.some((one) => one.value === value) ? data : [...data, { value, label: value }]}
      value={value}
      onChange={(version) => set({ version: version === String(latest) ? null : version })}
      allowDeselect={false}
    />
  );
}

function Copy({ text }: { text: string }) {
  const { t } = useTranslation();
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Button
          size="xs"
          variant="default"
          leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          onClick={copy}
        >
          <span aria-live="polite">{t(copied ? "common.actions.copied" : "dag.code.copy")}</span>
        </Button>
      )}
    </CopyButton>
  );
}
