import { Anchor, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { $api, api, type Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { Confirm } from "~/components/Confirm";
import { Time } from "~/components/Time";
import { links } from "~/links";

type Event = Schema["QueuedEventResponse"];

/** The DAGs that have noticed a change of an asset, and wait for others. */
export function Queued({ asset }: { asset: Schema["AssetResponse"] }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const may = useMay("assets:edit");
  const [asked, ask] = useState<Event | null>(null);
  const query = $api.useQuery("get", "/api/v2/assets/{asset_id}/queuedEvents", {
    params: { path: { asset_id: asset.id } },
  });
  if (!query.data?.total_entries) return null;
  return (
    <Paper withBorder p="sm">
      <Title order={2} size="h5">
        {t("assets.queued.title")}
      </Title>
      <Text size="sm" mb="xs">
        {t("assets.queued.hint")}
      </Text>
      <Stack gap={4}>
        {query.data.queued_events.map((event) => (
          <Group key={event.dag_id} gap="xs">
            <Anchor component={Link} to={links.dag(event.dag_id)} size="sm" className="anywhere">
              {event.dag_display_name}
            </Anchor>
            <Text size="sm">
              {t("assets.queued.since")} <Time at={event.created_at} />
            </Text>
            {may ? (
              <Button size="compact-xs" variant="default" onClick={() => ask(event)}>
                {t("assets.queued.forget")}
              </Button>
            ) : null}
          </Group>
        ))}
      </Stack>
      {asked ? (
        <Confirm
          title={t("assets.queued.forgetTitle")}
          label={t("assets.queued.forget")}
          danger
          onConfirm={async () => {
            await api.DELETE("/api/v2/dags/{dag_id}/assets/{asset_id}/queuedEvents", {
              params: { path: { dag_id: asked.dag_id, asset_id: asset.id } },
            });
            await queries.invalidateQueries({ queryKey: ["get", "/api/v2/assets/{asset_id}/queuedEvents"] });
          }}
          onClose={() => ask(null)}
        >
          <Text size="sm">{t("assets.queued.forgetHint", { dag: asked.dag_display_name })}</Text>
        </Confirm>
      ) : null}
    </Paper>
  );
}
