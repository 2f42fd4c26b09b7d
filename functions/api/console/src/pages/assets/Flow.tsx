import { Anchor, List, Paper, SimpleGrid, Text, Title } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schema } from "~/api/client";
import { links } from "~/links";

/** What makes an asset, and what it starts. */
export function Flow({ asset }: { asset: Schema["AssetResponse"] }) {
  const { t } = useTranslation();
  const task = ({ dag_id, task_id }: { dag_id: string; task_id: string }) => (
    <>
      <Anchor component={Link} to={links.dag(dag_id)} size="sm" underline="always">
        {dag_id}
      </Anchor>{" "}
      · {task_id}
    </>
  );
  return (
    <>
      <Title order={2} size="h5">
        {t("assets.flow.title")}
      </Title>
      <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="xs">
        <Side title={t("assets.flow.producers")}>{asset.producing_tasks.map(task)}</Side>
        <Side title={t("assets.flow.consumers")} arrow>
          {asset.scheduled_dags.map(({ dag_id }) => (
            <Anchor key={dag_id} component={Link} to={links.dag(dag_id)} size="sm">
              {dag_id}
            </Anchor>
          ))}
        </Side>
        <Side title={t("assets.flow.readers")} arrow>
          {asset.consuming_tasks.map(task)}
        </Side>
      </SimpleGrid>
    </>
  );
}

function Side({ title, arrow = false, children }: { title: string; arrow?: boolean; children: ReactNode[] }) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <Paper component="section" withBorder p="sm" aria-labelledby={id}>
      <Title order={3} size="h6" id={id} mb={4}>
        {arrow ? <IconArrowRight size={14} aria-hidden style={{ verticalAlign: "-2px", marginRight: 4 }} /> : null}
        {title}
      </Title>
      {children.length ? (
        <List size="sm" listStyleType="none" className="anywhere">
          {children.map((child, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the order is the server's
            <List.Item key={place}>{child}</List.Item>
          ))}
        </List>
      ) : (
        <Text size="sm">{t("assets.flow.nobody")}</Text>
      )}
    </Paper>
  );
}
