import { Text, Textarea } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Refused } from "./refused";

interface Props {
  text: string;
  error: string | undefined;
  denied: Refused;
  onChange: (text: string) => void;
}

/** The whole configuration as JSON; what the server says of its params stands below. */
export function ConfText({ text, error, denied, onChange }: Props) {
  const { t } = useTranslation();
  const params = Object.entries(denied.params);
  return (
    <div>
      <Textarea
        id="trigger-conf"
        label={t("trigger.conf")}
        description={t("trigger.confHint")}
        autosize
        minRows={8}
        maxRows={30}
        value={text}
        error={error ?? denied.fields.conf}
        onChange={(event) => onChange(event.currentTarget.value)}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      />
      {params.map(([name, why]) => (
        <Text key={name} size="sm" c="var(--mantine-color-error)" role="alert" className="anywhere">
          {name}: {why}
        </Text>
      ))}
    </div>
  );
}
