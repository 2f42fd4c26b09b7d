import { Alert, Button, Checkbox, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { $api, api, type Schema } from "~/api/client";
import { serverNow } from "~/api/clock";
import { useMay } from "~/api/session";
import { Problem, useErrorWords } from "~/components/Problem";
import { links } from "~/links";
import { useTouch } from "~/repair/touch";
import { ConfText } from "./ConfText";
import { confOf, readConf, withConf } from "./conf";
import { type Draft, forgetDraft } from "./draft";
import { fieldsOf } from "./fields";
import { Params, paramId } from "./Params";
import { RunFields } from "./RunFields";
import { type Refused, refused } from "./refused";
import { useDraft } from "./useDraft";
import { useWrongWords } from "./words";

interface Props {
  dag: Schema["DAGDetailsResponse"];
  /** JSON that the form begins with; empty for the defaults. */
  conf: string;
}

const NONE: Refused = { params: {}, fields: {}, rest: "" };

/** The form of a new run: its params or its whole configuration, its date, id and note. */
export function TriggerForm({ dag, conf: given }: Props) {
  const { t } = useTranslation();
  const words = useWrongWords();
  const told = useErrorWords();
  const navigate = useNavigate();
  const touch = useTouch();
  const mayUnpause = useMay("dags:edit");
  const [fields] = useState(() => fieldsOf(dag.params ?? {}));
  const { draft, change, reset, kept, unreadable } = useDraft(dag.dag_id, fields, given);
  const [shown, setShown] = useState(false);
  const [denied, setDenied] = useState<Refused>(NONE);
  const [unpause, setUnpause] = useState(dag.is_paused && mayUnpause);
  const form = useRef<HTMLFormElement>(null);
  const trigger = $api.useMutation("post", "/api/v2/dags/{dag_id}/dagRuns");

  const { conf, faults } = confOf(fields, draft);
  const typed = draft.json === null ? null : readConf(draft.json);
  const jsonError = typed && "wrong" in typed ? words.wrong(typed.wrong as never) : undefined;
  const errors: Record<string, string> = { ...denied.params };
  if (shown) {
    for (const [name, fault] of faults) {
      errors[name] = "wrong" in fault ? words.wrong(fault.wrong) : words.broken(fault.broken);
    }
  }
  const wrong = draft.json === null ? faults.size : jsonError ? 1 : 0;

  const edit = (changes: Partial<Draft>, param?: string) => {
    change(changes);
    if (param === undefined) setDenied((before) => ({ ...before, fields: {}, rest: "" }));
    else setDenied(({ params: { [param]: _, ...params }, ...before }) => ({ ...before, params }));
  };
  const show = (as: string) => {
    if (as === "json") change({ json: JSON.stringify(conf, null, 2) });
    else if (typed && "conf" in typed) change({ ...withConf(fields, draft, typed.conf), json: null });
    else setShown(true);
  };
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setShown(true);
    setDenied(NONE);
    if (wrong > 0) {
      const first = fields.findIndex((field) => faults.has(field.name));
      const id = draft.json === null ? paramId(first) : "trigger-conf";
      form.current?.querySelector<HTMLElement>(`#${id}`)?.focus();
      return;
    }
    try {
      const run = await trigger.mutateAsync({
        params: { path: { dag_id: dag.dag_id } },
        body: {
          logical_date: dateOf(draft),
          conf: typed && "conf" in typed ? typed.conf : conf,
          ...(draft.runId.trim() ? { dag_run_id: draft.runId.trim() } : {}),
          ...(draft.note ? { note: draft.note } : {}),
          ...(draft.partition ? { partition_key: draft.partition } : {}),
        },
      });
      forgetDraft(sessionStorage, dag.dag_id);
      if (unpause && dag.is_paused)
        await unpaused(dag.dag_id, (error) => t("trigger.unpauseFailed", { why: told(error) }));
      await navigate(links.run(run.dag_id, run.dag_run_id));
      await touch();
    } catch (error) {
      setDenied(
        refused(
          told(error),
          fields.map((field) => field.name),
        ),
      );
    }
  };
  return (
    <form ref={form} onSubmit={(event) => void submit(event)} noValidate>
      <Stack maw={760}>
        {kept ? (
          <Alert color="blue" variant="light" p="xs">
            <Group justify="space-between">
              <Text size="sm">{t("trigger.kept")}</Text>
              <Button size="xs" variant="default" onClick={reset}>
                {t("trigger.reset")}
              </Button>
            </Group>
          </Alert>
        ) : null}
        {unreadable ? <Problem error={new Error(words.wrong(unreadable as never))} /> : null}
        <Group>
          <SegmentedControl
            aria-label={t("trigger.view")}
            value={draft.json === null ? "form" : "json"}
            onChange={show}
            data={[
              { value: "form", label: t("trigger.form") },
              { value: "json", label: t("trigger.json") },
            ]}
          />
        </Group>
        {draft.json === null ? (
          <Params fields={fields} draft={draft} errors={errors} onChange={edit} />
        ) : (
          <ConfText
            text={draft.json}
            error={shown ? jsonError : undefined}
            denied={denied}
            onChange={(json) => edit({ json })}
          />
        )}
        <RunFields
          draft={draft}
          denied={denied.fields}
          partitioned={dag.timetable_partitioned}
          onChange={(changes) => edit(changes)}
        />
        {dag.is_paused ? (
          <Alert color="yellow" variant="light" p="xs">
            <Text size="sm">{t("trigger.paused")}</Text>
            {mayUnpause ? (
              <Checkbox
                mt="xs"
                label={t("trigger.unpause")}
                checked={unpause}
                onChange={(event) => setUnpause(event.currentTarget.checked)}
              />
            ) : null}
          </Alert>
        ) : null}
        {denied.rest ? <Problem error={new Error(denied.rest)} /> : null}
        <Group>
          <Button type="submit" loading={trigger.isPending}>
            {t("trigger.submit")}
          </Button>
          <Text size="sm" role="status">
            {shown && wrong > 0 ? t("trigger.wrong", { count: wrong }) : ""}
          </Text>
        </Group>
      </Stack>
    </form>
  );
}

function dateOf({ when, logicalDate }: Draft): string | null {
  if (when === "none") return null;
  return when === "at" && logicalDate ? logicalDate : new Date(serverNow()).toISOString();
}

async function unpaused(dagId: string, words: (error: unknown) => string): Promise<void> {
  try {
    await api.PATCH("/api/v2/dags/{dag_id}", {
      params: { path: { dag_id: dagId }, query: { update_mask: ["is_paused"] } },
      body: { is_paused: false },
    });
  } catch (error) {
    notifications.show({ color: "red", message: words(error) });
  }
}
