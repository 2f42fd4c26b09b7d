import { NumberInput, Switch, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { SecretInput } from "~/components/SecretInput";
import type { Typed } from "./extra";
import type { Field } from "./types";

interface Props {
  field: Field;
  value: Typed;
  /** Whether there is a secret behind it, which is not shown. */
  kept: boolean;
  error?: React.ReactNode;
  onChange: (value: Typed) => void;
}

/** One field that a type of connection has in its extra. */
export function ExtraField({ field, value, kept, error, onChange }: Props) {
  const { t } = useTranslation();
  const label = t(`connections.extra.${field.name}`);
  if (field.kind === "secret" || field.kind === "area" || (kept && field.kind !== "switch")) {
    return (
      <SecretInput
        label={label}
        kept={kept}
        lines={field.kind === "area" || field.kind === "json"}
        value={typeof value === "boolean" ? "" : value}
        error={error}
        onChange={onChange}
      />
    );
  }
  const text = typeof value === "string" ? value : "";
  switch (field.kind) {
    case "switch":
      return (
        <Switch label={label} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />
      );
    case "number":
      return (
        <NumberInput label={label} error={error} maw={260} value={text} onChange={(typed) => onChange(String(typed))} />
      );
    case "json":
      return (
        <Textarea
          label={label}
          error={error}
          classNames={{ input: "mono" }}
          placeholder="{}"
          autosize
          minRows={2}
          maxRows={12}
          spellCheck={false}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "text":
      return (
        <TextInput
          label={label}
          error={error}
          spellCheck={false}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}
