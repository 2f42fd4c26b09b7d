import { Autocomplete, Checkbox, MultiSelect, Select, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Markdown } from "~/components/Markdown";
import { useShownZone } from "~/components/Time";
import { instantOf, wallOf } from "~/wallclock";
import type { Field, Raw } from "./fields";

interface Props {
  id: string;
  field: Field;
  raw: Raw;
  error: string | undefined;
  onChange: (raw: Raw) => void;
}

/** Asks for one param, as its schema says. */
export function ParamField({ id, field, raw, error, onChange }: Props) {
  const common = useCommon(id, field, error);
  const text = typeof raw === "string" ? raw : "";
  switch (field.kind) {
    case "boolean":
      return (
        <Checkbox
          id={id}
          label={common.label}
          description={common.description}
          error={error}
          checked={raw === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "choice":
      return <Choice {...common} field={field} raw={text} onChange={onChange} />;
    case "choices":
      return (
        <MultiSelect
          {...common}
          data={field.options}
          value={Array.isArray(raw) ? raw : []}
          onChange={onChange}
          searchable
          clearable
        />
      );
    case "suggestions":
      return <Autocomplete {...common} data={field.options} value={text} onChange={onChange} />;
    case "lines":
    case "texts":
    case "numbers":
    case "json":
      return (
        <Textarea
          {...common}
          autosize
          minRows={2}
          maxRows={16}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
          {...(field.kind === "json" ? { styles: MONOSPACE } : {})}
        />
      );
    case "datetime":
      return <Moment {...common} raw={text} onChange={onChange} />;
    case "fixed":
      return <TextInput {...common} value={text} readOnly />;
    case "date":
    case "time":
      return (
        <TextInput
          {...common}
          type={field.kind}
          {...(field.kind === "time" ? { step: 1 } : {})}
          value={text}
          onChange={(event) => {
            const typed = event.currentTarget.value;
            onChange(field.kind === "time" && typed.length === 5 ? `${typed}:00` : typed);
          }}
        />
      );
    default:
      return (
        <TextInput
          {...common}
          {...(field.kind === "integer"
            ? { inputMode: "numeric" }
            : field.kind === "number"
              ? { inputMode: "decimal" }
              : {})}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}

const MONOSPACE = { input: { fontFamily: "var(--mantine-font-family-monospace)" } };

/** Label, description and error, the same for every kind of field. */
function useCommon(id: string, field: Field, error: string | undefined) {
  const { t } = useTranslation();
  const zone = useShownZone();
  const hints: Partial<Record<Field["kind"], string>> = {
    texts: t("trigger.perLine"),
    numbers: t("trigger.perLine"),
    json: t("trigger.asJson"),
    fixed: t("trigger.fixed"),
    datetime: t("trigger.inZone", { zone }),
  };
  const hint = hints[field.kind];
  return {
    id,
    label: field.label === field.name ? field.name : `${field.label} (${field.name})`,
    description: (
      <>
        {field.markdown ? <Markdown text={field.markdown} inline /> : field.description}
        {hint ? ` ${hint}` : ""}
      </>
    ),
    error,
    withAsterisk: field.required,
  };
}

type Common = ReturnType<typeof useCommon>;

function Choice({
  field,
  raw,
  onChange,
  ...common
}: Common & { field: Field; raw: string; onChange: (raw: Raw) => void }) {
  const { t } = useTranslation();
  return (
    <Select
      {...common}
      data={field.options.map((one) => ({ value: one.value, label: one.label || t("trigger.none") }))}
      value={raw || null}
      onChange={(chosen) => onChange(chosen ?? "")}
      searchable={field.options.length > 10}
      clearable={field.nullable}
    />
  );
}

/** A moment: shown and typed in the zone of the page, kept with its offset. */
function Moment({ raw, onChange, ...common }: Common & { raw: string; onChange: (raw: Raw) => void }) {
  const zone = useShownZone();
  return (
    <TextInput
      {...common}
      type="datetime-local"
      step={1}
      value={wallOf(raw, zone)}
      onChange={(event) => onChange(instantOf(event.currentTarget.value, zone) ?? "")}
    />
  );
}
