import { NumberInput, Switch, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { $api, api } from "~/api/client";
import { FormDialog } from "~/components/FormDialog";
import { Waiting } from "~/components/Waiting";

interface Values {
  name: string;
  slots: number | string;
  description: string;
  include_deferred: boolean;
}

const EMPTY: Values = { name: "", slots: 10, description: "", include_deferred: false };

/** Makes a pool. */
export function Create({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Form
      title={t("pools.create")}
      initial={EMPTY}
      fresh
      onSave={({ slots, ...rest }) => api.POST("/api/v2/pools", { body: { ...rest, slots: Number(slots) } })}
      onClose={onClose}
    />
  );
}

/** Changes a pool. */
export function Edit({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation();
  const title = t("pools.edit", { name });
  const query = $api.useQuery("get", "/api/v2/pools/{pool_name}", { params: { path: { pool_name: name } } });
  if (!query.data) return <Waiting title={title} query={query} onClose={onClose} />;
  const { slots, description, include_deferred } = query.data;
  return (
    <Form
      key={name}
      title={title}
      initial={{ name, slots, description: description ?? "", include_deferred }}
      onSave={(values, before) => {
        const fields = ["slots", "description", "include_deferred"] as const;
        const update_mask = fields.filter((field) => values[field] !== before[field]);
        if (!update_mask.length) return Promise.resolve();
        return api.PATCH("/api/v2/pools/{pool_name}", {
          params: { path: { pool_name: name }, query: { update_mask } },
          body: {
            slots: Number(values.slots),
            description: values.description,
            include_deferred: values.include_deferred,
          },
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
  const form = useForm({
    initialValues: initial,
    validate: {
      name: (name) => (name && name.length <= 256 && !name.startsWith("@") ? null : t("pools.form.badName")),
      slots: (slots) =>
        slots !== "" && Number.isInteger(Number(slots)) && Number(slots) >= -1 ? null : t("pools.form.badSlots"),
    },
  });
  return (
    <FormDialog
      title={title}
      form={form}
      label={t("common.actions.save")}
      onSave={async () => {
        await onSave(form.values, form.getInitialValues());
        await queries.invalidateQueries({ queryKey: ["get", "/api/v2/pools"] });
        await queries.invalidateQueries({ queryKey: ["get", "/api/v2/pools/{pool_name}"] });
      }}
      onClose={onClose}
    >
      <TextInput
        label={t("pools.form.name")}
        description={fresh ? t("pools.form.nameHint") : undefined}
        readOnly={!fresh}
        variant={fresh ? "default" : "filled"}
        withAsterisk={fresh}
        data-autofocus={fresh || undefined}
        autoComplete="off"
        {...form.getInputProps("name")}
      />
      <NumberInput
        label={t("pools.form.slots")}
        description={t("pools.form.slotsHint")}
        min={-1}
        allowDecimal={false}
        maw={260}
        data-autofocus={fresh ? undefined : true}
        {...form.getInputProps("slots")}
      />
      <Textarea
        label={t("pools.form.description")}
        autosize
        minRows={1}
        maxRows={6}
        {...form.getInputProps("description")}
      />
      <Switch
        label={t("pools.form.includeDeferred")}
        {...form.getInputProps("include_deferred", { type: "checkbox" })}
      />
    </FormDialog>
  );
}
