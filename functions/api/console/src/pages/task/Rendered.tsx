import { Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { LongText } from "~/components/Json";
import type { Instance } from "./useInstance";

/** The fields of a task as its templates made them for this instance. */
export function Rendered({ one }: { one: Instance }) {
  const { t } = useTranslation();
  const fields = Object.entries(one.rendered_fields ?? {});
  if (fields.length === 0) return <Text size="sm">{t("task.rendered.none")}</Text>;
  return (
    <Stack gap="sm">
      {fields.map(([name, value]) => (
        <div key={name}>
          <Title order={2} size="h6" mb={4} className="anywhere">
            {name}
          </Title>
          <LongText text={textOf(value)} what={name} />
        </div>
      ))}
    </Stack>
  );
}

/** Texts as they are, with JSON in them indented. */
function textOf(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value, null, 2) ?? "null";
  if (!/^[[{]/.test(value)) return value;
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}
