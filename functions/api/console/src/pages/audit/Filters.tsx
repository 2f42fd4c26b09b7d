import { Button, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { DagSelect } from "~/components/DagSelect";
import { MomentInput } from "~/components/MomentInput";
import { Search } from "~/components/Search";
import { useFilters } from "~/filters";

const NAMES = ["owner", "event", "dag_id", "run_id", "task_id", "after", "before"];

/** What the log is narrowed to. */
export function Filters() {
  const { t } = useTranslation();
  const filters = useFilters();
  const time = (name: "after" | "before") => (
    <MomentInput
      label={t(`audit.filters.${name}`)}
      value={filters.one(name)}
      onChange={(iso) => filters.set({ [name]: iso })}
    />
  );
  return (
    <Group gap="xs" align="flex-end">
      <Search w={150} name="owner" label={t("audit.filters.owner")} />
      <Search w={170} name="event" label={t("audit.filters.event")} />
      <DagSelect
        size="xs"
        w={190}
        placeholder={t("audit.filters.dag")}
        aria-label={t("audit.filters.dag")}
        value={filters.one("dag_id")}
        onChange={(dag_id) => filters.set({ dag_id })}
      />
      <Search w={170} name="run_id" label={t("audit.filters.run")} />
      <Search w={150} name="task_id" label={t("audit.filters.task")} />
      {time("after")}
      {time("before")}
      {NAMES.some((name) => filters.one(name)) ? (
        <Button
          size="xs"
          variant="default"
          onClick={() => filters.set(Object.fromEntries(NAMES.map((name) => [name, null])))}
        >
          {t("audit.filters.clear")}
        </Button>
      ) : null}
    </Group>
  );
}
