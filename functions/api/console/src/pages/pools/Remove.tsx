import { Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api } from "~/api/client";
import { Confirm } from "~/components/Confirm";

/** Deletes a pool, once that is confirmed. */
export function Remove({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  return (
    <Confirm
      title={t("pools.delete.title", { name })}
      label={t("common.actions.delete")}
      danger
      onConfirm={async () => {
        await api.DELETE("/api/v2/pools/{pool_name}", { params: { path: { pool_name: name } } });
        await queries.invalidateQueries({ queryKey: ["get", "/api/v2/pools"] });
      }}
      onClose={onClose}
    >
      <Text size="sm">{t("pools.delete.hint")}</Text>
    </Confirm>
  );
}
