import { Autocomplete, NumberInput, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { $api, api } from "~/api/client";
import { FormDialog } from "~/components/FormDialog";
import { SecretInput } from "~/components/SecretInput";
import { useObjectRule } from "~/components/useObjectRule";
import { Waiting } from "~/components/Waiting";
import { ExtraField } from "./ExtraField";
import { doubled, join, MASK, split } from "./extra";
import { useTest } from "./Test";
import { type Standard, TYPES, typeOf } from "./types";
import { bodyOf, changed, EMPTY, extraOf, type Found, type Values, valuesOf } from "./values";

/** Makes a connection. */
export function Create({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  return <Form title={t("connections.create")} found={EMPTY} fresh onClose={onClose} />;
}

/** Changes a connection: only what was changed is sent. */
export function Edit({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation();
  const title = t("connections.edit", { id: name });
  const query = $api.useQuery(
    "get",
    "/api/v2/connections/{connection_id}",
    { params: { path: { connection_id: name } } },
    { staleTime: 0, gcTime: 0, refetchOnMount: "always" },
  );
  if (!query.data) return <Waiting title={title} query={query} onClose={onClose} />;
  return <Form key={name} title={title} found={query.data} onClose={onClose} />;
}

interface Props {
  title: string;
  found: Found;
  fresh?: boolean;
  onClose: () => void;
}

const ID = /^[\p{L}\p{N}_.-]{1,200}$/u;

function useConnection(found: Found) {
  const { t } = useTranslation();
  const objectRule = useObjectRule();
  return useForm<Values>({
    initialValues: valuesOf(found),
    validate: (values) => {
      const { extra: fields } = typeOf(values.conn_type);
      const twice = doubled(fields, values.rest);
      const errors: Record<string, string> = {};
      if (!ID.test(values.connection_id)) errors.connection_id = t("connections.form.badId");
      if (!values.conn_type.trim()) errors.conn_type = t("forms.required");
      if (values.port !== "" && !(Number(values.port) >= 0 && Number(values.port) <= 65535)) {
        errors.port = t("connections.form.badPort");
      }
      const wrong = objectRule(values.rest);
      if (wrong) errors.rest = wrong;
      else if (twice.length) errors.rest = t("connections.form.doubled", { names: twice.join(", ") });
      for (const field of fields) {
        if (join({}, [field], values.known, "") === null) {
          errors[`known.${field.name}`] = t(field.kind === "json" ? "forms.json" : "connections.form.badNumber");
        }
      }
      return errors;
    },
  });
}

function Form({ title, found: now, fresh = false, onClose }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  // What it was when the form was opened: what somebody else changes meanwhile is not what is changed here.
  const [found] = useState(now);
  const form = useConnection(found);
  const { values } = form;
  const type = typeOf(values.conn_type);
  const test = useTest(async () => ((await form.validate()).hasErrors ? null : bodyOf(values, found)));
  const save = async () => {
    const body = bodyOf(values, found);
    const update_mask = changed(body, found);
    if (fresh) await api.POST("/api/v2/connections", { body });
    else if (update_mask.length) {
      await api.PATCH("/api/v2/connections/{connection_id}", {
        params: { path: { connection_id: found.connection_id }, query: { update_mask } },
        body,
      });
    }
    await queries.invalidateQueries({ queryKey: ["get", "/api/v2/connections"] });
  };
  const choose = (conn_type: string) => {
    // What another type calls otherwise is kept: it is divided anew.
    const extra = join(extraOf(found), type.extra, values.known, values.rest);
    if (extra === null) {
      form.setFieldValue("conn_type", conn_type);
      return;
    }
    const { known, rest } = split(extra, typeOf(conn_type).extra);
    form.setValues({ conn_type, known, rest });
  };
  const { kept } = split(extraOf(found), type.extra);
  const named = (name: Standard) => {
    const own = type.names?.[name];
    return own ? t(`connections.names.${own}`) : t(`connections.fields.${name}`);
  };
  return (
    <FormDialog
      title={title}
      form={form}
      label={t("common.actions.save")}
      onSave={save}
      onClose={onClose}
      beside={test.button}
    >
      <TextInput
        label={t("connections.form.id")}
        description={fresh ? t("connections.form.idHint") : undefined}
        readOnly={!fresh}
        variant={fresh ? "default" : "filled"}
        withAsterisk={fresh}
        data-autofocus={fresh || undefined}
        spellCheck={false}
        autoComplete="off"
        {...form.getInputProps("connection_id")}
      />
      <Autocomplete
        label={t("connections.form.type")}
        description={t("connections.form.typeHint")}
        withAsterisk
        data={Object.keys(TYPES)}
        renderOption={({ option }) => (
          <div>
            <Text size="sm">{option.value}</Text>
            <Text size="xs">{typeOf(option.value).label}</Text>
          </div>
        )}
        {...form.getInputProps("conn_type")}
        onChange={choose}
      />
      {(["host", "schema", "login"] as const)
        .filter((name) => type.standard.includes(name))
        .map((name) => (
          <TextInput
            key={name}
            label={named(name)}
            spellCheck={false}
            autoComplete="off"
            {...form.getInputProps(name)}
          />
        ))}
      {type.standard.includes("password") ? (
        <SecretInput
          label={named("password")}
          kept={found.password === MASK}
          value={values.password}
          onChange={(password) => form.setFieldValue("password", password)}
        />
      ) : null}
      {type.standard.includes("port") ? (
        <NumberInput
          label={named("port")}
          placeholder={type.port ? t("connections.form.usual", { port: type.port }) : undefined}
          maw={200}
          allowDecimal={false}
          allowNegative={false}
          hideControls
          {...form.getInputProps("port")}
          onChange={(port) => form.setFieldValue("port", String(port))}
        />
      ) : null}
      {type.extra.map((field) => (
        <ExtraField
          key={field.name}
          field={field}
          value={values.known[field.name] ?? ""}
          kept={kept[field.name] ?? false}
          error={form.errors[`known.${field.name}`]}
          onChange={(typed) => form.setFieldValue("known", { ...values.known, [field.name]: typed })}
        />
      ))}
      <Textarea
        label={t(type.extra.length ? "connections.form.restMore" : "connections.form.rest")}
        description={values.rest.includes(MASK) ? t("connections.form.restHint") : undefined}
        classNames={{ input: "mono" }}
        placeholder="{}"
        autosize
        minRows={2}
        maxRows={16}
        spellCheck={false}
        {...form.getInputProps("rest")}
      />
      <Textarea
        label={t("connections.form.description")}
        autosize
        minRows={1}
        maxRows={6}
        {...form.getInputProps("description")}
      />
      {test.told}
    </FormDialog>
  );
}
