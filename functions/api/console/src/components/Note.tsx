import { ActionIcon, Button, Group, Stack, Text, Textarea, Tooltip } from "@mantine/core";
import { IconNote, IconPencil } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "~/api/session";
import { Problem } from "./Problem";

/** Characters, as the API takes them. */
const LONGEST = 1000;

interface Props {
  note: string | null;
  onSave: (note: string) => Promise<unknown>;
}

/** What somebody has noted, to be changed in its place. What was typed stays until it is saved. */
export function Note({ note, onSave }: Props) {
  const { t } = useTranslation();
  const may = useMay("runs:edit");
  const [text, setText] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      await onSave(text ?? "");
      setText(null);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  if (text === null) {
    if (!note && !may) return null;
    return (
      <Group gap={6} wrap="nowrap" align="flex-start">
        <IconNote size={18} aria-hidden="true" style={{ flex: "none", marginTop: 2 }} />
        {note ? (
          <Text size="sm" className="anywhere" style={{ whiteSpace: "pre-wrap" }}>
            {note}
          </Text>
        ) : (
          <Button variant="subtle" size="compact-sm" onClick={() => setText("")}>
            {t("run.note.add")}
          </Button>
        )}
        {note && may ? (
          <Tooltip label={t("run.note.edit")}>
            <ActionIcon variant="subtle" aria-label={t("run.note.edit")} onClick={() => setText(note)}>
              <IconPencil size={16} />
            </ActionIcon>
          </Tooltip>
        ) : null}
      </Group>
    );
  }
  return (
    <Stack gap="xs" maw={640}>
      <Textarea
        label={t("run.note.label")}
        autosize
        minRows={2}
        maxRows={12}
        maxLength={LONGEST}
        autoFocus
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        description={t("run.note.left", { count: LONGEST - text.length })}
      />
      {error ? <Problem error={error} /> : null}
      <Group gap="xs">
        <Button size="xs" loading={busy} onClick={() => void save()}>
          {t("common.actions.save")}
        </Button>
        <Button size="xs" variant="default" onClick={() => setText(null)}>
          {t("common.actions.cancel")}
        </Button>
      </Group>
    </Stack>
  );
}
