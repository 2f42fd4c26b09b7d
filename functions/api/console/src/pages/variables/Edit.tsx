import { Button, Group, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { $api, api, type Schema } from "~/api/client";
import { FormDialog } from "~/components/FormDialog";
import { Waiting } from "~/components/Waiting";
import { isJson, pretty } from "~/json";
import { MASK } from "./file";

/** Makes a Variable. */
export function Create({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Form
      title={t("variables.create")}
      initial={{ key: "", value: "", description: "" }}
      fresh
      onSave={({ key, value, description }) =>
        api.POST("/api/v2/variables", { body: { key, value, description: description || null } })
      }
      onClose={onClose}
    />
  );
}

/** Changes a Variable: only what was changed is sent, so that what somebody else has changed meanwhile stays. */
export function Edit({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation();
  const title = t("variables.edit", { key: name });
  const query = $api.useQuery(
    "get",
    "/api/v2/variables/{variable_key}",
    { params: { path: { variable_key: name } } },
    { staleTime: 0, gcTime: 0, refetchOnMount: "always" },
  );
  if (!query.data) return <Waiting title={title} query={query} onClose={onClose} />;
  return <EditFound key={name} title={title} found={query.data} onClose={onClose} />;
}

function EditFound({
  title,
  found,
  onClose,
}: {
  title: string;
  found: Schema["VariableResponse"];
  onClose: () => void;
}) {
  const initial = { key: found.key, value: pretty(found.value ?? ""), description: found.description ?? "" };
  return (
    <Form
      title={title}
      initial={initial}
      onSave={({ value, description }, before) => {
        const update_mask = [
          ...(value === before.value ? [] : ["value"]),
          ...(description === before.description ? [] : ["description"]),
        ];
        if (!update_mask.length) return Promise.resolve();
        return api.PATCH("/api/v2/variables/{variable_key}", {
          params: { path: { variable_key: found.key }, query: { update_mask } },
          body: { key: found.key, value, description: description || null },
        });
      }}
      onClose={onClose}
    />
  );
}

interface Values {
  key: string;
  value: string;
  description: string;
}

interface Props {
  title: string;
  initial: Values;
  /** Whether there is none yet. */
  fresh?: boolean;
  onSave: (values: Values, before: Values) => Promise<unknown>;
  onClose: () => void;
}

function Form({ title, initial, fresh = false, onSave, onClose }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const form = useForm({
    initialValues: initial,
    validate: {
      key: (key) => (key && key.length <= 250 && !key.startsWith("@") ? null : t("variables.form.badKey")),
    },
  });
  const { value } = form.values;
  const json = isJson(value);
  return (
    <FormDialog
      title={title}
      form={form}
      label={t("common.actions.save")}
      onSave={async () => {
        await onSave(form.values, form.getInitialValues());
        await queries.invalidateQueries({ queryKey: ["get", "/api/v2/variables"] });
      }}
      onClose={onClose}
    >
      <TextInput
        label={t("variables.form.key")}
        description={fresh ? t("variables.form.keyHint") : undefined}
        readOnly={!fresh}
        variant={fresh ? "default" : "filled"}
        withAsterisk={fresh}
        data-autofocus={fresh || undefined}
        spellCheck={false}
        autoComplete="off"
        {...form.getInputProps("key")}
      />
      <Textarea
        label={t("variables.form.value")}
        description={initial.value.includes(MASK) ? t("variables.form.hidden") : undefined}
        classNames={{ input: "mono" }}
        autosize
        minRows={4}
        maxRows={24}
        data-autofocus={fresh ? undefined : true}
        spellCheck={false}
        {...form.getInputProps("value")}
      />
      {json ? (
        <Group gap="xs">
          <Text size="xs">{t("variables.form.isJson")}</Text>
          {pretty(value) === value ? null : (
            <Button size="compact-xs" variant="default" onClick={() => form.setFieldValue("value", pretty(value))}>
              {t("variables.form.format")}
            </Button>
          )}
        </Group>
      ) : null}
      <Textarea
        label={t("variables.form.description")}
        autosize
        minRows={1}
        maxRows={6}
        {...form.getInputProps("description")}
      />
    </FormDialog>
  );
}
