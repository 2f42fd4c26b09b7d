import { Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api } from "~/api/client";
import { Confirm } from "~/components/Confirm";

/** Deletes a user, once that is confirmed. */
export function Remove({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  return (
    <Confirm
      title={t("users.delete.title", { name })}
      label={t("common.actions.delete")}
      danger
      onConfirm={async () => {
        await api.DELETE("/auth/fab/v1/users/{username}", { params: { path: { username: name } } });
        await queries.invalidateQueries({ queryKey: ["get", "/auth/fab/v1/users"] });
      }}
      onClose={onClose}
    >
      <Text size="sm">{t("users.delete.hint")}</Text>
    </Confirm>
  );
}
