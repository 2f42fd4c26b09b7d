import { Button, Code, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Copy } from "./Copy";

const SHORT = 4000;
/** Characters that a page can show and still be scrolled. */
const MOST = 500_000;

/** A value as JSON, indented; of a large one the beginning, until all is asked for. */
export function Json({ value, what }: { value: unknown; what: string }) {
  return <LongText text={JSON.stringify(value, null, 2) ?? "null"} what={what} />;
}

/** Any text of any length, as it is. */
export function LongText({ text, what }: { text: string; what: string }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const shown = text.slice(0, all ? MOST : SHORT);
  return (
    <Stack gap={4}>
      <Group gap={4} align="flex-start" wrap="nowrap">
        <Code
          block
          className="anywhere"
          style={{ whiteSpace: "pre-wrap", flex: 1, minWidth: 0, maxHeight: "60vh" }}
          tabIndex={0}
          role="region"
          aria-label={what}
        >
          {shown}
          {shown.length < text.length ? "…" : ""}
        </Code>
        <Copy text={text} what={what} />
      </Group>
      {text.length > SHORT && !all ? (
        <Button size="xs" variant="default" onClick={() => setAll(true)} style={{ alignSelf: "flex-start" }}>
          {t("run.json.all", { count: text.length })}
        </Button>
      ) : null}
      {all && text.length > MOST ? <Text size="xs">{t("run.json.cut", { count: MOST })}</Text> : null}
    </Stack>
  );
}
