import { Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { rawIn } from "./conf";
import type { Draft } from "./draft";
import type { Field } from "./fields";
import { ParamField } from "./ParamField";

/** The id of the n-th param's field: names may hold any character. */
export function paramId(place: number): string {
  return `param-${place}`;
}

interface Props {
  fields: readonly Field[];
  draft: Draft;
  errors: Record<string, string>;
  onChange: (changes: Partial<Draft>, param: string) => void;
}

/** The params of a DAG, in their sections. */
export function Params({ fields, draft, errors, onChange }: Props) {
  const { t } = useTranslation();
  const sections = [...new Set(fields.map((field) => field.section))];
  const extra = Object.keys(draft.extra);
  return (
    <>
      {fields.length === 0 ? <Text size="sm">{t("trigger.noParams")}</Text> : null}
      {sections.map((section) => (
        <Stack key={section} gap="sm" component="section">
          <Title order={2} size="h5" className="anywhere">
            {section || t("trigger.params")}
          </Title>
          {fields.map((field, place) =>
            field.section === section ? (
              <ParamField
                key={field.name}
                id={paramId(place)}
                field={field}
                raw={rawIn(draft, field)}
                error={errors[field.name]}
                onChange={(raw) => onChange({ raw: { ...draft.raw, [field.name]: raw } }, field.name)}
              />
            ) : null,
          )}
        </Stack>
      ))}
      {extra.length ? (
        <Text size="sm" className="anywhere">
          {t("trigger.extra", { names: extra.join(", ") })}
        </Text>
      ) : null}
    </>
  );
}
