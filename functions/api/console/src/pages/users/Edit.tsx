import { Group, PasswordInput, Radio, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { $api, api } from "~/api/client";
import { FormDialog } from "~/components/FormDialog";
import { Waiting } from "~/components/Waiting";
import { fits, LONGEST, NAME, ROLES, type RoleName, SHORTEST } from "./rules";

interface Values {
  username: string;
  password: string;
  first_name: string;
  last_name: string;
  email: string;
  role: RoleName;
  active: boolean;
}

const EMPTY: Values = {
  username: "",
  password: "",
  first_name: "",
  last_name: "",
  email: "",
  role: "Viewer",
  active: true,
};

/** Makes a user. */
export function Create({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Form
      title={t("users.create")}
      initial={EMPTY}
      fresh
      onSave={({ role, active: _, ...rest }) =>
        api.POST("/auth/fab/v1/users", { body: { ...rest, roles: [{ name: role }] } })
      }
      onClose={onClose}
    />
  );
}

/** Changes a user: only what was changed is sent, as some of it ends their sessions. */
export function Edit({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation();
  const title = t("users.edit", { name });
  const query = $api.useQuery("get", "/auth/fab/v1/users/{username}", { params: { path: { username: name } } });
  if (!query.data) return <Waiting title={title} query={query} onClose={onClose} />;
  const { roles, created_on: _, ...found } = query.data;
  return (
    <Form
      key={name}
      title={title}
      initial={{ ...found, password: "", role: (roles[0]?.name ?? "Viewer") as RoleName }}
      onSave={(values, before) => {
        const { role, ...rest } = values;
        const changed = Object.fromEntries(
          Object.entries(rest).filter(([field, value]) => value !== before[field as keyof Values]),
        );
        return api.PATCH("/auth/fab/v1/users/{username}", {
          params: { path: { username: name } },
          body: { ...changed, ...(role === before.role ? {} : { roles: [{ name: role }] }) },
        });
      }}
      onClose={onClose}
    />
  );
}

interface Props {
  title: string;
  initial: Values;
  fresh?: boolean;
  onSave: (values: Values, before: Values) => Promise<unknown>;
  onClose: () => void;
}

function Form({ title, initial, fresh = false, onSave, onClose }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const length = t("users.form.passwordHint", { least: SHORTEST, most: LONGEST });
  const form = useForm<Values>({
    initialValues: initial,
    validate: {
      username: (username) => (NAME.test(username) ? null : t("users.form.badUsername")),
      password: (password) => (fits(password) || (!fresh && !password) ? null : length),
    },
  });
  return (
    <FormDialog
      title={title}
      form={form}
      label={t("common.actions.save")}
      onSave={async () => {
        await onSave(form.values, form.getInitialValues());
        await queries.invalidateQueries({
          predicate: (query) => String(query.queryKey[1]).startsWith("/auth/fab/v1/users"),
        });
      }}
      onClose={onClose}
    >
      <TextInput
        label={t("users.form.username")}
        readOnly={!fresh}
        variant={fresh ? "default" : "filled"}
        withAsterisk={fresh}
        data-autofocus={fresh || undefined}
        autoComplete="off"
        {...form.getInputProps("username")}
      />
      <PasswordInput
        label={t(fresh ? "users.form.password" : "users.form.newPassword")}
        description={fresh ? length : `${length} ${t("users.form.passwordKept")}`}
        withAsterisk={fresh}
        autoComplete="new-password"
        {...form.getInputProps("password")}
      />
      <Group grow align="flex-start">
        <TextInput label={t("users.form.firstName")} autoComplete="off" {...form.getInputProps("first_name")} />
        <TextInput label={t("users.form.lastName")} autoComplete="off" {...form.getInputProps("last_name")} />
      </Group>
      <TextInput label={t("users.form.email")} type="email" autoComplete="off" {...form.getInputProps("email")} />
      <Radio.Group label={t("users.form.role")} {...form.getInputProps("role")}>
        <Stack gap={6} mt={4}>
          {ROLES.map((role) => (
            <Radio key={role} value={role} label={t(`users.roles.${role}`)} description={t(`users.may.${role}`)} />
          ))}
        </Stack>
      </Radio.Group>
      {fresh ? null : (
        <>
          <Switch label={t("users.form.active")} {...form.getInputProps("active", { type: "checkbox" })} />
          <Text size="xs">{t("users.form.voids")}</Text>
        </>
      )}
    </FormDialog>
  );
}
