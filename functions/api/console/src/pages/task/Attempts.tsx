import { Anchor, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { State } from "~/components/State";
import { Time } from "~/components/Time";
import { Took } from "~/components/Took";
import { links } from "~/links";
import type { Attempt, Ids } from "./useInstance";

/** Every try of a task instance, and the way to its log. */
export function Attempts({ ids, tries }: { ids: Ids; tries: Attempt[] }) {
  const { t } = useTranslation();
  const begun = tries.filter((one) => one.try_number > 0);
  if (begun.length === 0) return <Text size="sm">{t("task.attempts.none")}</Text>;
  const { dagId, runId, taskId, mapIndex } = ids;
  const to = (number: number) => {
    const address = links.task(dagId, runId, taskId, mapIndex);
    return `${address}${address.includes("?") ? "&" : "?"}try=${number}`;
  };
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("task.attempts.columns.number")}</Table.Th>
            <Table.Th>{t("task.attempts.columns.state")}</Table.Th>
            <Table.Th>{t("task.attempts.columns.start")}</Table.Th>
            <Table.Th visibleFrom="sm">{t("task.attempts.columns.end")}</Table.Th>
            <Table.Th>{t("task.attempts.columns.duration")}</Table.Th>
            <Table.Th visibleFrom="sm">{t("task.attempts.columns.host")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {begun.map((one, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two tries may have one number, where a cleared one was cut short
            <Table.Tr key={place}>
              <Table.Td>
                <Anchor component={Link} to={to(one.try_number)} size="sm">
                  {t("task.tryNumber", { number: one.try_number })}
                </Anchor>
              </Table.Td>
              <Table.Td>
                <State state={one.state} />
              </Table.Td>
              <Table.Td>
                <Time at={one.start_date} />
              </Table.Td>
              <Table.Td visibleFrom="sm">
                <Time at={one.end_date} />
              </Table.Td>
              <Table.Td>
                <Took start={one.start_date} end={one.end_date} seconds={one.duration} />
              </Table.Td>
              <Table.Td visibleFrom="sm" className="anywhere">
                {one.hostname || (one.pid === null ? "–" : `${t("task.facts.pid")} ${one.pid}`)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
