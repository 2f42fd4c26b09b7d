import { Button, Group, MultiSelect, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconFilterOff, IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schema } from "~/api/client";
import { useFilters } from "~/filters";
import { daysOf } from "~/runSpan";
import { boundsOf } from "~/wallclock";
import { useStateWord } from "./State";
import { useShownZone } from "./Time";

const STATES: Schema["DagRunState"][] = ["queued", "running", "success", "failed"];
const TYPES: Schema["DagRunType"][] = [
  "scheduled",
  "manual",
  "backfill",
  "asset_triggered",
  "operator_triggered",
  "asset_materialization",
];
const NAMES = ["dag", "run", "state", "type", "from", "until"];

/** What a list of runs is narrowed to. */
export function RunListFilters({ ofAll, total }: { ofAll: boolean; total: number | undefined }) {
  const { t } = useTranslation();
  const filters = useFilters();
  const word = useStateWord();
  const any = NAMES.some((name) => filters.one(name));
  return (
    <Group gap="xs" justify="space-between">
      <Group gap="xs">
        {ofAll ? <Pattern name="dag" label={t("runs.dag")} /> : null}
        <Pattern name="run" label={t("runs.runId")} />
        <MultiSelect
          size="xs"
          w={170}
          aria-label={t("runs.state")}
          placeholder={filters.many("state").length ? undefined : t("runs.state")}
          data={STATES.map((state) => ({ value: state, label: word(state) }))}
          value={filters.many("state")}
          onChange={(state) => filters.set({ state })}
          clearable
        />
        <MultiSelect
          size="xs"
          w={190}
          aria-label={t("runs.type")}
          placeholder={filters.many("type").length ? undefined : t("runs.type")}
          data={TYPES.map((type) => ({ value: type, label: t(`run.types.${type}`) }))}
          value={filters.many("type")}
          onChange={(type) => filters.set({ type })}
          clearable
        />
        <Days />
        {any ? (
          <Button
            size="xs"
            variant="subtle"
            leftSection={<IconFilterOff size={14} />}
            onClick={() => filters.set(Object.fromEntries(NAMES.map((name) => [name, null])))}
          >
            {t("runs.reset")}
          </Button>
        ) : null}
      </Group>
      <Text size="sm" role="status">
        {total === undefined ? "" : t("runs.count", { count: total })}
      </Text>
    </Group>
  );
}

/** Part of a name, as it is typed. */
function Pattern({ name, label }: { name: string; label: string }) {
  const filters = useFilters();
  const said = filters.one(name);
  const [text, setText] = useState<string | null>(null);
  const look = useDebouncedCallback((typed: string) => {
    filters.set({ [name]: typed });
    setText(null); // from here on the address says it
  }, 250);
  return (
    <TextInput
      size="xs"
      w={150}
      leftSection={<IconSearch size={14} />}
      aria-label={label}
      placeholder={label}
      value={text ?? said}
      onChange={(event) => {
        setText(event.currentTarget.value);
        look(event.currentTarget.value);
      }}
    />
  );
}

/** From the first day to the last: the address has their moments, which are the same for whoever gets the link. */
function Days() {
  const { t } = useTranslation();
  const filters = useFilters();
  const zone = useShownZone();
  const days = daysOf(filters.one, zone);
  return (["from", "until"] as const).map((name, end) => (
    <Group key={name} gap={4} wrap="nowrap">
      <Text size="xs" component="label" htmlFor={`runs-${name}`}>
        {t(`runs.${name}`)}
      </Text>
      <TextInput
        id={`runs-${name}`}
        size="xs"
        type="date"
        w={140}
        value={days[name]}
        onChange={(event) => filters.set({ [name]: boundsOf(event.currentTarget.value, zone)?.[end] })}
      />
    </Group>
  ));
}
