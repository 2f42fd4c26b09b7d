import { Anchor, Button, Table, UnstyledButton } from "@mantine/core";
import { Fragment, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schema } from "~/api/client";
import { LongText } from "~/components/Json";
import { Time } from "~/components/Time";
import { useFilters } from "~/filters";
import { pretty } from "~/json";
import { links } from "~/links";

type Entry = Schema["EventLogResponse"];

/** Entries of the log; each unfolds to what was sent. */
export function List({ entries }: { entries: Entry[] }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<number | null>(null);
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("audit.columns.when")}</Table.Th>
            <Table.Th>{t("audit.columns.who")}</Table.Th>
            <Table.Th>{t("audit.columns.event")}</Table.Th>
            <Table.Th>{t("audit.columns.what")}</Table.Th>
            <Table.Th>{t("audit.columns.extra")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map((entry) => {
            const id = `entry-${entry.event_log_id}`;
            const shown = open === entry.event_log_id;
            return (
              <Fragment key={entry.event_log_id}>
                <Table.Tr>
                  <Table.Td style={{ whiteSpace: "nowrap" }}>
                    <Time at={entry.when} />
                  </Table.Td>
                  <Table.Td>
                    <Narrow name="owner" value={entry.owner} />
                  </Table.Td>
                  <Table.Td>
                    <Narrow name="event" value={entry.event} />
                  </Table.Td>
                  <Table.Td className="anywhere">
                    <What entry={entry} />
                  </Table.Td>
                  <Table.Td w={110}>
                    {hasExtra(entry) ? (
                      <Button
                        size="compact-xs"
                        variant="default"
                        aria-expanded={shown}
                        aria-controls={id}
                        aria-label={`${t(shown ? "forms.hide" : "forms.show")}: ${t("forms.details", { name: entry.event })}`}
                        onClick={() => setOpen(shown ? null : entry.event_log_id)}
                      >
                        {t(shown ? "forms.hide" : "forms.show")}
                      </Button>
                    ) : null}
                  </Table.Td>
                </Table.Tr>
                {shown ? (
                  <Table.Tr id={id}>
                    <Table.Td colSpan={5}>
                      <LongText text={pretty(entry.extra ?? "")} what={t("forms.details", { name: entry.event })} />
                    </Table.Td>
                  </Table.Tr>
                ) : null}
              </Fragment>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function hasExtra({ extra }: Entry): boolean {
  return Boolean(extra) && extra !== "{}";
}

/** A value; choosing it narrows the log to it. */
function Narrow({ name, value }: { name: string; value: string | null }) {
  const { t } = useTranslation();
  const filters = useFilters();
  if (!value) return <>–</>;
  return (
    <UnstyledButton
      className="anywhere"
      fz="sm"
      mih={24}
      title={t("audit.only", { name: value })}
      onClick={() => filters.set({ [name]: value })}
    >
      {value}
    </UnstyledButton>
  );
}

/** The DAG, run and task that an entry is about. */
function What({ entry: { dag_id: dagId, run_id: runId, task_id: taskId, map_index: mapIndex } }: { entry: Entry }) {
  if (!dagId) return <>–</>;
  return (
    <>
      <Anchor component={Link} to={links.dag(dagId)} size="sm">
        {dagId}
      </Anchor>
      {runId ? (
        <>
          {" · "}
          <Anchor component={Link} to={links.run(dagId, runId)} size="sm">
            {runId}
          </Anchor>
        </>
      ) : null}
      {taskId ? (
        <>
          {" · "}
          {runId ? (
            <Anchor component={Link} to={links.task(dagId, runId, taskId, mapIndex ?? -1)} size="sm">
              {taskId}
            </Anchor>
          ) : (
            taskId
          )}
          {mapIndex !== null && mapIndex >= 0 ? ` [${mapIndex}]` : ""}
        </>
      ) : null}
    </>
  );
}
