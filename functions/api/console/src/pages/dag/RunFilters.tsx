import { Button, Group, Select } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconFilter } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { MomentInput } from "~/components/MomentInput";
import { useStateWord } from "~/components/State";
import { useShownZone } from "~/components/Time";
import { useFilters } from "~/filters";
import { spanOf } from "~/runSpan";
import { RUN_STATES, RUN_TYPES } from "./questions";

const NAMES = ["state", "type", "from", "until"];

/** Narrows runs to a state, a type and a span of time; `more` and `children` are what a page has before and after. */
export function RunFilters({ more, children }: { more?: ReactNode; children?: ReactNode }) {
  const { t } = useTranslation();
  const filters = useFilters();
  const word = useStateWord();
  const [open, { toggle }] = useDisclosure();
  const span = spanOf(filters.one, useShownZone());
  const narrowed = NAMES.some((name) => filters.one(name));
  return (
    <Group gap="xs" align="flex-end">
      <Button
        size="xs"
        variant="default"
        hiddenFrom="sm"
        leftSection={<IconFilter size={14} />}
        aria-expanded={open}
        onClick={toggle}
      >
        {t("dag.runs.filters")}
      </Button>
      <Group gap="xs" align="flex-end" visibleFrom={open ? undefined : "sm"}>
        {more}
        <Select
          size="xs"
          w={120}
          label={t("dag.runs.state")}
          placeholder={t("dag.runs.any")}
          data={RUN_STATES.map((state) => ({ value: state, label: word(state) }))}
          value={filters.one("state") || null}
          onChange={(state) => filters.set({ state })}
          clearable
          clearButtonProps={{ "aria-label": t("dag.runs.clear") }}
        />
        <Select
          size="xs"
          w={120}
          label={t("dag.runs.type")}
          placeholder={t("dag.runs.any")}
          data={RUN_TYPES.map((type) => ({ value: type, label: t(`run.types.${type}`) }))}
          value={filters.one("type") || null}
          onChange={(type) => filters.set({ type })}
          clearable
          clearButtonProps={{ "aria-label": t("dag.runs.clear") }}
        />
        <MomentInput
          label={t("dag.runs.since")}
          value={span.run_after_gte ?? ""}
          onChange={(from) => filters.set({ from })}
        />
        <MomentInput
          label={t("dag.runs.before")}
          value={span.run_after_lt ?? ""}
          onChange={(until) => filters.set({ until })}
        />
        {narrowed ? (
          <Button
            size="xs"
            variant="default"
            onClick={() => filters.set(Object.fromEntries(NAMES.map((name) => [name, null])))}
          >
            {t("dag.runs.clear")}
          </Button>
        ) : null}
      </Group>
      {children}
    </Group>
  );
}
