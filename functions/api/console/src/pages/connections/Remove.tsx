import { Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api } from "~/api/client";
import { Confirm } from "~/components/Confirm";

/** Deletes a connection, once that is confirmed. */
export function Remove({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  return (
    <Confirm
      title={t("connections.delete.title", { id: name })}
      label={t("common.actions.delete")}
      danger
      onConfirm={async () => {
        await api.DELETE("/api/v2/connections/{connection_id}", { params: { path: { connection_id: name } } });
        await queries.invalidateQueries({ queryKey: ["get", "/api/v2/connections"] });
      }}
      onClose={onClose}
    >
      <Text size="sm">{t("connections.delete.hint")}</Text>
    </Confirm>
  );
}
