import { Button, Group, Modal, Stack, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { $api } from "~/api/client";
import { Problem } from "~/components/Problem";
import { inexact } from "~/json";
import { useTouch } from "~/repair/touch";
import { type Ids, pathOf } from "./useInstance";

const ALL = "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries";

interface Props {
  ids: Ids;
  /** The key of one that is there; without it a new one is made. */
  name?: string;
  value?: string;
  onClose: () => void;
}

/** Gives a task instance an XCom, or one that it has another value. */
export function XComForm({ ids, name, value = "", onClose }: Props) {
  const { t } = useTranslation();
  const touch = useTouch();
  const [key, setKey] = useState(name ?? "");
  const [text, setText] = useState(value);
  const [wrong, setWrong] = useState<string | null>(null);
  const create = $api.useMutation("post", ALL);
  const update = $api.useMutation("patch", `${ALL}/{xcom_key}`);
  const doing = name === undefined ? create : update;
  const save = async (event: React.FormEvent) => {
    event.preventDefault();
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (error) {
      setWrong(t("task.xcoms.notJson", { why: error instanceof Error ? error.message : String(error) }));
      return;
    }
    const number = inexact(text);
    setWrong(number === undefined ? null : t("task.xcoms.inexact", { number }));
    if (number !== undefined) return;
    const body = { value: parsed as never, map_index: ids.mapIndex };
    const done =
      name === undefined
        ? create.mutateAsync({ params: { path: pathOf(ids) }, body: { ...body, key } })
        : update.mutateAsync({ params: { path: { ...pathOf(ids), xcom_key: name } }, body });
    await done.then(
      async () => {
        await touch();
        onClose();
      },
      () => undefined, // it is shown below, and what was typed stays
    );
  };
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={name === undefined ? t("task.xcoms.add") : t("task.xcoms.edit", { key: name })}
      closeButtonProps={{ "aria-label": t("common.actions.close") }}
    >
      <form onSubmit={(event) => void save(event)}>
        <Stack>
          {name === undefined ? (
            <TextInput
              label={t("task.xcoms.key")}
              required
              maxLength={512}
              value={key}
              onChange={(event) => setKey(event.currentTarget.value)}
              data-autofocus
            />
          ) : null}
          <Textarea
            label={t("task.xcoms.value")}
            required
            autosize
            minRows={4}
            maxRows={20}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            error={wrong}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          />
          {doing.isError ? <Problem error={doing.error} /> : null}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.actions.cancel")}
            </Button>
            <Button type="submit" loading={doing.isPending}>
              {t("common.actions.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
