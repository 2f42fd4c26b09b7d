import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPlayerPause, IconPlayerPlay, IconX } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { $api, api, type Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { Confirm } from "~/components/Confirm";
import { useErrorWords } from "~/components/Problem";

/** What can be done with a backfill that is not over. */
export function Actions({ backfill }: { backfill: Schema["BackfillResponse"] }) {
  const { t } = useTranslation();
  const words = useErrorWords();
  const queries = useQueryClient();
  const [cancels, setCancels] = useState(false);
  const may = useMay("backfills:edit");
  const params = { params: { path: { backfill_id: backfill.id } } };
  const changed = () =>
    queries.invalidateQueries({ predicate: (query) => String(query.queryKey[1]).startsWith("/api/v2/backfills") });
  const then = {
    onSuccess: changed,
    onError: (error: unknown) =>
      notifications.show({ color: "red", title: t("common.error.title"), message: words(error) }),
  };
  const pause = $api.useMutation("put", "/api/v2/backfills/{backfill_id}/pause", then);
  const unpause = $api.useMutation("put", "/api/v2/backfills/{backfill_id}/unpause", then);
  if (!may || (backfill.state !== "running" && backfill.state !== "paused")) return null;
  return (
    <Group gap="xs">
      {backfill.state === "paused" ? (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlayerPlay size={14} />}
          loading={unpause.isPending}
          onClick={() => unpause.mutate(params)}
        >
          {t("backfills.unpause")}
        </Button>
      ) : (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlayerPause size={14} />}
          loading={pause.isPending}
          onClick={() => pause.mutate(params)}
        >
          {t("backfills.pause")}
        </Button>
      )}
      <Button size="xs" variant="default" leftSection={<IconX size={14} />} onClick={() => setCancels(true)}>
        {t("backfills.cancel")}
      </Button>
      {cancels ? (
        <Confirm
          title={t("backfills.cancelTitle", { id: backfill.id })}
          label={t("backfills.cancel")}
          danger
          onConfirm={async () => {
            await api.PUT("/api/v2/backfills/{backfill_id}/cancel", params);
            await changed();
          }}
          onClose={() => setCancels(false)}
        >
          <Text size="sm">{t("backfills.cancelHint")}</Text>
        </Confirm>
      ) : null}
    </Group>
  );
}
