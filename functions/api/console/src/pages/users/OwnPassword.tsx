import { PasswordInput, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useTranslation } from "react-i18next";
import { api } from "~/api/client";
import { session, useSession } from "~/api/session";
import { FormDialog } from "~/components/FormDialog";
import { fits, LONGEST, SHORTEST } from "./rules";

/** Changes one's own password. That ends all sessions, so that another is begun at once. */
export function OwnPassword({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { me } = useSession();
  const length = t("users.form.passwordHint", { least: SHORTEST, most: LONGEST });
  const form = useForm({
    initialValues: { old_password: "", password: "", again: "" },
    validate: {
      old_password: (old) => (old ? null : t("forms.required")),
      password: (password) => (fits(password) ? null : length),
      again: (again, { password }) => (again === password ? null : t("users.own.differ")),
    },
  });
  const save = async () => {
    const { old_password, password } = form.values;
    await api.PUT("/auth/me/password", { body: { old_password, password } });
    const { data } = await api.POST("/auth/login", { body: { username: me?.username ?? "", password } });
    if (data) session.begin(data);
    notifications.show({ message: t("users.own.done") });
  };
  return (
    <FormDialog title={t("users.own.title")} form={form} label={t("users.own.label")} onSave={save} onClose={onClose}>
      <PasswordInput
        label={t("users.own.old")}
        withAsterisk
        data-autofocus
        autoComplete="current-password"
        {...form.getInputProps("old_password")}
      />
      <PasswordInput
        label={t("users.own.fresh")}
        description={length}
        withAsterisk
        autoComplete="new-password"
        {...form.getInputProps("password")}
      />
      <PasswordInput
        label={t("users.own.again")}
        withAsterisk
        autoComplete="new-password"
        {...form.getInputProps("again")}
      />
      <Text size="sm">{t("users.own.hint")}</Text>
    </FormDialog>
  );
}
