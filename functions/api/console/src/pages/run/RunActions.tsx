import { Button, Group, Menu, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconChevronDown, IconEraser, IconPlayerStop, IconTag, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { $api, type Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { Confirm } from "~/components/Confirm";
import { IconButton } from "~/components/IconButton";
import { State, useStateWord } from "~/components/State";
import { links } from "~/links";
import { ClearRun, type Scope } from "~/repair/ClearRun";
import { useTouch } from "~/repair/touch";

type Run = Schema["DAGRunResponse"];
const MARKS = ["success", "failed"] as const;
type Open = Scope | `mark ${(typeof MARKS)[number]}` | "cancel" | "delete";

/** What may be done to a run. */
export function RunActions({ run }: { run: Run }) {
  const { t } = useTranslation();
  const word = useStateWord();
  const mayEdit = useMay("runs:edit");
  const mayDelete = useMay("runs:delete");
  const [open, setOpen] = useState<Open | null>(null);
  const over = run.state === "success" || run.state === "failed";
  const running = run.state === "running";
  return (
    <Group gap={6}>
      {mayEdit ? (
        <>
          <Menu>
            <Menu.Target>
              <Button size="xs" leftSection={<IconEraser size={14} />} rightSection={<IconChevronDown size={14} />}>
                {t("run.actions.clear")}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => setOpen("all")}>{t("run.actions.clearAll")}</Menu.Item>
              <Menu.Item onClick={() => setOpen("failed")}>{t("run.actions.clearFailed")}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
          <Menu>
            <Menu.Target>
              <Button
                size="xs"
                variant="default"
                leftSection={<IconTag size={14} />}
                rightSection={<IconChevronDown size={14} />}
              >
                {t("run.actions.mark")}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {MARKS.map((mark) => (
                <Menu.Item
                  key={mark}
                  disabled={run.state === mark}
                  onClick={() => setOpen(`mark ${mark}`)}
                  aria-label={t("run.actions.markAs", { state: word(mark) })}
                >
                  <State state={mark} />
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
          {over ? null : (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconPlayerStop size={14} />}
              onClick={() => setOpen("cancel")}
            >
              {t("run.actions.cancel")}
            </Button>
          )}
        </>
      ) : null}
      {mayDelete ? (
        <IconButton
          label={t("run.actions.delete")}
          why={running ? t("run.actions.deleteFirst") : undefined}
          onClick={() => setOpen("delete")}
        >
          <IconTrash size={16} />
        </IconButton>
      ) : null}
      {open ? <Dialog open={open} run={run} onClose={() => setOpen(null)} /> : null}
    </Group>
  );
}

interface DialogProps {
  open: Open;
  run: Run;
  onClose: () => void;
}

function Dialog({ open, run, onClose }: DialogProps) {
  const { t } = useTranslation();
  const word = useStateWord();
  const touch = useTouch();
  const navigate = useNavigate();
  const change = $api.useMutation("patch", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}");
  const remove = $api.useMutation("delete", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}");
  const params = { path: { dag_id: run.dag_id, dag_run_id: run.dag_run_id } };
  const end = async (state: "success" | "failed") => {
    await change.mutateAsync({ params, body: { state } });
    await touch();
  };
  const named = { run: run.dag_run_id };
  if (open === "all" || open === "failed") {
    return <ClearRun dagId={run.dag_id} runId={run.dag_run_id} scope={open} onClose={onClose} />;
  }
  if (open === "delete") {
    const done = async () => {
      await remove.mutateAsync({ params });
      notifications.show({ message: t("run.delete.done", named) });
      await navigate(links.dag(run.dag_id));
      await touch();
    };
    return (
      <Confirm
        danger
        title={t("run.delete.title", named)}
        label={t("common.actions.delete")}
        onConfirm={done}
        onClose={onClose}
      >
        <Text size="sm">{t("run.delete.text")}</Text>
      </Confirm>
    );
  }
  if (open === "cancel") {
    return (
      <Confirm
        danger
        title={t("run.cancel.title", named)}
        label={t("run.cancel.label")}
        onConfirm={() => end("failed")}
        onClose={onClose}
      >
        <Text size="sm">{t("run.cancel.text")}</Text>
      </Confirm>
    );
  }
  const state = open === "mark success" ? "success" : "failed";
  return (
    <Confirm
      title={t("run.mark.title", { ...named, state: word(state) })}
      label={t("repair.mark.label", { state: word(state) })}
      onConfirm={() => end(state)}
      onClose={onClose}
    >
      <Text size="sm">{t(`run.mark.${state}`)}</Text>
    </Confirm>
  );
}
