import { Checkbox, Group, MultiSelect, Stack, Table, Text, TextInput, VisuallyHidden } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { type Dispatch, type SetStateAction, useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { $api } from "~/api/client";
import { useMay } from "~/api/session";
import { Gap } from "~/components/Gap";
import { Loaded } from "~/components/Loaded";
import { Selected } from "~/components/Selected";
import { SortHead } from "~/components/SortHead";
import { useStateWord } from "~/components/State";
import { useWindowRows } from "~/components/useWindowRows";
import { useFilters } from "~/filters";
import { TaskActions } from "~/repair/TaskActions";
import { added, type Row, type RunTask, rowsOf, type Wanted } from "./rows";
import { TaskRow } from "./TaskRow";

const HEIGHT = 37;
const COLUMNS = ["task", "state", "operator", "start", "duration", "try"] as const;
export const WIDE: Partial<Record<(typeof COLUMNS)[number], "sm" | "md">> = { operator: "md", start: "sm", try: "sm" };

/** The tasks of a run, in their groups, found by name or state; those selected are cleared or marked together. */
export function Tasks({ dagId, runId }: { dagId: string; runId: string }) {
  const { t } = useTranslation();
  const query = $api.useQuery("get", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/tasks", {
    params: { path: { dag_id: dagId, dag_run_id: runId } },
  });
  return (
    <Loaded query={query} lines={10}>
      {({ tasks, groups }) =>
        tasks.length ? (
          <Found dagId={dagId} runId={runId} tasks={tasks} groups={groups} />
        ) : (
          <Text>{t("run.tasks.none")}</Text>
        )
      }
    </Loaded>
  );
}

interface Props {
  dagId: string;
  runId: string;
  tasks: RunTask[];
  groups: Parameters<typeof rowsOf>[1];
}

function Found({ dagId, runId, tasks, groups }: Props) {
  const { t } = useTranslation();
  const filters = useFilters();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const wanted = {
    name: filters.one("task"),
    states: filters.many("state"),
    sort: filters.one("sort"),
    closed: filters.many("closed"),
  };
  const key = JSON.stringify(wanted);
  const [rows, shown] = useMemo(() => {
    const asked: Wanted = JSON.parse(key);
    return [rowsOf(tasks, groups, asked), rowsOf(tasks, groups, { ...asked, closed: [] }).filter(isTask)];
  }, [tasks, groups, key]);
  const chosen = tasks.filter((task) => selected.has(task.task_id));
  return (
    <Stack gap="xs">
      <Narrow tasks={tasks} shown={shown.length} />
      <List
        dagId={dagId}
        runId={runId}
        rows={rows}
        all={shown.map((row) => row.task.task_id)}
        selected={selected}
        onSelect={setSelected}
      />
      {shown.length === 0 ? <Text>{t("common.empty.filtered")}</Text> : null}
      <Selected count={chosen.length} onClear={() => setSelected(new Set())}>
        <TaskActions
          dagId={dagId}
          runId={runId}
          targets={chosen.map((task) => ({ taskId: task.task_id, mapIndex: null }))}
          onDone={() => setSelected(new Set())}
        />
      </Selected>
    </Stack>
  );
}

function isTask(row: Row): row is Row & { kind: "task" } {
  return row.kind === "task";
}

function Narrow({ tasks, shown }: { tasks: RunTask[]; shown: number }) {
  const { t } = useTranslation();
  const filters = useFilters();
  const word = useStateWord();
  const [text, setText] = useState(filters.one("task"));
  const look = useDebouncedCallback((task: string) => filters.set({ task }), 150);
  const states = [...new Set([...Object.keys(added(tasks)), ...filters.many("state")])].sort();
  return (
    <Group gap="xs" justify="space-between">
      <Group gap="xs">
        <TextInput
          size="xs"
          w={200}
          leftSection={<IconSearch size={14} />}
          aria-label={t("run.tasks.name")}
          placeholder={t("run.tasks.name")}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            look(event.currentTarget.value);
          }}
        />
        <MultiSelect
          size="xs"
          w={220}
          aria-label={t("run.tasks.states")}
          placeholder={filters.many("state").length ? undefined : t("run.tasks.states")}
          data={states.map((state) => ({ value: state, label: word(state) }))}
          value={filters.many("state")}
          onChange={(state) => filters.set({ state })}
          clearable
        />
      </Group>
      <Text size="sm" role="status">
        {shown === tasks.length
          ? t("run.tasks.count", { count: shown })
          : t("run.tasks.shown", { shown, total: tasks.length })}
      </Text>
    </Group>
  );
}

interface ListProps {
  dagId: string;
  runId: string;
  rows: Row[];
  /** The ids of all that are found, folded or not. */
  all: string[];
  selected: ReadonlySet<string>;
  onSelect: Dispatch<SetStateAction<ReadonlySet<string>>>;
}

function List({ dagId, runId, rows, all, selected, onSelect }: ListProps) {
  const { t } = useTranslation();
  const filters = useFilters();
  const may = useMay("runs:edit");
  const window = useWindowRows(rows.length, HEIGHT);
  const closed = filters.many("closed").join("\n");
  const columns = COLUMNS.length + (may ? 1 : 0);
  const every = all.length > 0 && all.every((id) => selected.has(id));
  const toggle = useCallback(
    (id: string) =>
      onSelect((before) => {
        const now = new Set(before);
        if (!now.delete(id)) now.add(id);
        return now;
      }),
    [onSelect],
  );
  const { set } = filters;
  const fold = useCallback(
    (id: string, closes: boolean) =>
      set({ closed: [...closed.split("\n").filter((one) => one !== id), closes ? id : ""] }),
    [set, closed],
  );
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table ref={window.table} verticalSpacing={4} highlightOnHover aria-rowcount={rows.length + 1}>
        <Table.Thead>
          <Table.Tr>
            {may ? (
              <Table.Th w={32}>
                <VisuallyHidden>{t("run.tasks.selectAll")}</VisuallyHidden>
                <Checkbox
                  size="xs"
                  aria-label={t("run.tasks.selectAll")}
                  checked={every}
                  indeterminate={!every && all.some((id) => selected.has(id))}
                  onChange={() => onSelect(every ? new Set() : new Set(all))}
                />
              </Table.Th>
            ) : null}
            {COLUMNS.map((column) => (
              <SortHead
                key={column}
                name={column}
                label={t(`run.tasks.columns.${column}`)}
                sort={filters.one("sort")}
                onSort={(sort) => filters.set({ sort })}
                visibleFrom={WIDE[column]}
              />
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          <Gap height={window.before} columns={columns} />
          {window.items.map((place) => {
            const row = rows[place];
            return row ? (
              <TaskRow
                key={row.id}
                ref={window.measure}
                place={place}
                row={row}
                dagId={dagId}
                runId={runId}
                selectable={may}
                selected={row.kind === "task" && selected.has(row.id)}
                onSelect={toggle}
                onFold={fold}
              />
            ) : null;
          })}
          <Gap height={window.after} columns={columns} />
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
