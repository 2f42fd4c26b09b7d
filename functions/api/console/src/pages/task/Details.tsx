import { Anchor, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { $api } from "~/api/client";
import { Copy } from "~/components/Copy";
import { Facts } from "~/components/Facts";
import { State } from "~/components/State";
import { Time } from "~/components/Time";
import { Took } from "~/components/Took";
import { useTryNumber } from "./One";
import { outside } from "./outside";
import { type Ids, type Instance, pathOf } from "./useInstance";

/** All that is known of a task instance, and of its task. */
export function Details({ ids, one }: { ids: Ids; one: Instance }) {
  const { t } = useTranslation();
  const tryNumber = useTryNumber(one);
  const task = $api.useQuery("get", "/api/v2/dags/{dag_id}/tasks/{task_id}", {
    params: { path: { dag_id: ids.dagId, task_id: ids.taskId } },
  });
  const extra = $api.useQuery("get", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/links", {
    params: {
      path: pathOf(ids),
      query: { map_index: ids.mapIndex, ...(tryNumber ? { try_number: tryNumber } : {}) },
    },
  });
  const time = (at: string | null) => (at ? <Time at={at} /> : null);
  return (
    <Facts
      facts={[
        [
          t("task.facts.task"),
          <Group key="task" gap={4} wrap="nowrap">
            {one.task_id} <Copy text={one.task_id} what={t("task.facts.task")} />
          </Group>,
        ],
        [t("task.facts.mapIndex"), one.map_index >= 0 ? one.map_index : null],
        [t("task.facts.label"), one.rendered_map_index],
        [t("task.facts.operator"), one.operator_name],
        [
          t("task.facts.links"),
          extra.data?.total_entries ? <Links key="links" links={extra.data.extra_links} /> : null,
        ],
        [t("task.facts.state"), <State key="state" state={one.state} />],
        [t("task.facts.try"), t("task.facts.tryOf", { number: one.try_number, most: one.max_tries + 1 })],
        [t("task.facts.start"), time(one.start_date)],
        [t("task.facts.end"), time(one.end_date)],
        [
          t("task.facts.duration"),
          one.start_date ? <Took key="took" start={one.start_date} end={one.end_date} seconds={one.duration} /> : null,
        ],
        [t("task.facts.logicalDate"), time(one.logical_date)],
        [t("task.facts.runAfter"), time(one.run_after)],
        [t("task.facts.triggerRule"), task.data?.trigger_rule],
        [t("task.facts.owner"), task.data?.owner],
        [t("task.facts.pool"), `${one.pool} (${t("task.facts.slots", { count: one.pool_slots })})`],
        [t("task.facts.queue"), one.queue],
        [t("task.facts.priority"), one.priority_weight],
        [t("task.facts.host"), one.hostname],
        [t("task.facts.pid"), one.pid],
        [t("task.facts.id"), one.id],
      ]}
    />
  );
}

/** What the operator links to elsewhere; an address that is no web page's is only told. */
function Links({ links }: { links: Record<string, string | null> }) {
  const all = Object.entries(links).filter((entry): entry is [string, string] => entry[1] !== null);
  return (
    <Group gap="sm">
      {all.map(([name, address]) =>
        outside(address) ? (
          <Anchor key={name} href={address} target="_blank" rel="noreferrer" size="sm">
            {name} ↗
          </Anchor>
        ) : (
          <span key={name}>
            {name}: {address}
          </span>
        ),
      )}
    </Group>
  );
}
