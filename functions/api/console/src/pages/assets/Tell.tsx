import { Text, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, type Schema } from "~/api/client";
import { FormDialog } from "~/components/FormDialog";
import { useObjectRule } from "~/components/useObjectRule";
import { readObject } from "~/json";

/** Tells by hand that an asset has changed. */
export function Tell({ asset, onClose }: { asset: Schema["AssetResponse"]; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { extra: "" },
    validate: { extra: useObjectRule() },
  });
  const save = async () => {
    await api.POST("/api/v2/assets/events", {
      body: { asset_id: asset.id, extra: readObject(form.values.extra) ?? {} },
    });
    notifications.show({ message: t("assets.tell.done") });
    await queries.invalidateQueries({
      predicate: (query) => String(query.queryKey[1]).startsWith("/api/v2/assets"),
    });
  };
  return (
    <FormDialog
      title={t("assets.tell.title", { asset: asset.name })}
      form={form}
      label={t("assets.tell.label")}
      onSave={save}
      onClose={onClose}
    >
      <Text size="sm">{t("assets.tell.hint")}</Text>
      <Textarea
        label={t("assets.tell.extra")}
        classNames={{ input: "mono" }}
        placeholder="{}"
        autosize
        minRows={4}
        maxRows={20}
        spellCheck={false}
        data-autofocus
        {...form.getInputProps("extra")}
      />
    </FormDialog>
  );
}
