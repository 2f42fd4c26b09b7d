import { Anchor, Button, Table, Text } from "@mantine/core";
import { Fragment, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schema } from "~/api/client";
import type en from "~/i18n/en";
import { links } from "~/links";
import { amount, money } from "./money";

type Cost = Schema["DagCost"];

/** What DAGs cost; each unfolds to what it is for. */
export function Dags({ costs, currency }: { costs: Cost[]; currency: string }) {
  const { t, i18n } = useTranslation();
  const [open, setOpen] = useState<string | null>(null);
  const figure = (value: number) => amount(value, i18n.language);
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("cost.columns.dag")}</Table.Th>
            <Table.Th ta="right" visibleFrom="sm">
              {t("cost.columns.runs")}
            </Table.Th>
            <Table.Th ta="right" visibleFrom="sm">
              {t("cost.columns.tasks")}
            </Table.Th>
            <Table.Th ta="right" visibleFrom="sm">
              {t("cost.columns.seconds")}
            </Table.Th>
            <Table.Th ta="right">{t("cost.columns.cost")}</Table.Th>
            <Table.Th>{t("cost.columns.details")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {costs.map((cost, place) => {
            const shown = open === cost.dag_id;
            return (
              <Fragment key={cost.dag_id}>
                <Table.Tr>
                  <Table.Td>
                    <Anchor component={Link} to={links.dag(cost.dag_id)} size="sm" fw={500} className="anywhere">
                      {cost.dag_id}
                    </Anchor>
                  </Table.Td>
                  <Table.Td ta="right" visibleFrom="sm">
                    {figure(cost.runs_per_month)}
                  </Table.Td>
                  <Table.Td ta="right" visibleFrom="sm">
                    {figure(cost.tasks_per_run)}
                  </Table.Td>
                  <Table.Td ta="right" visibleFrom="sm">
                    {figure(cost.seconds_per_task)}
                  </Table.Td>
                  <Table.Td ta="right" fw={500}>
                    {money(cost.usd, currency, i18n.language)}
                  </Table.Td>
                  <Table.Td w={110}>
                    <Button
                      size="compact-xs"
                      variant="default"
                      aria-expanded={shown}
                      aria-controls={`cost-${place}`}
                      aria-label={`${t(shown ? "forms.hide" : "forms.show")}: ${t("cost.lines", { dag: cost.dag_id })}`}
                      onClick={() => setOpen(shown ? null : cost.dag_id)}
                    >
                      {t(shown ? "forms.hide" : "forms.show")}
                    </Button>
                  </Table.Td>
                </Table.Tr>
                {shown ? (
                  <Table.Tr id={`cost-${place}`}>
                    <Table.Td colSpan={6}>
                      <Lines cost={cost} currency={currency} />
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

function Lines({ cost, currency }: { cost: Cost; currency: string }) {
  const { t, i18n } = useTranslation();
  if (!cost.lines.length) return <Text size="sm">{t("cost.nothing")}</Text>;
  const name = (line: Schema["CostLine"]) =>
    i18n.exists(`cost.items.${line.item}`) ? t(`cost.items.${line.item as keyof typeof en.cost.items}`) : line.what;
  return (
    <Table aria-label={t("cost.lines", { dag: cost.dag_id })} withRowBorders={false} verticalSpacing={2} maw={700}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("cost.columns.item")}</Table.Th>
          <Table.Th ta="right">{t("cost.columns.amount")}</Table.Th>
          <Table.Th ta="right">{t("cost.columns.cost")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {[...cost.lines]
          .sort((one, other) => other.usd - one.usd)
          .map((line) => (
            <Table.Tr key={line.item}>
              <Table.Td>{name(line)}</Table.Td>
              <Table.Td ta="right">
                {amount(line.amount, i18n.language)} {line.unit}
              </Table.Td>
              <Table.Td ta="right">{money(line.usd, currency, i18n.language)}</Table.Td>
            </Table.Tr>
          ))}
      </Table.Tbody>
    </Table>
  );
}
