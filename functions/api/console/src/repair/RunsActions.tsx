import { Button, Group, List, Menu, Text } from "@mantine/core";
import { IconChevronDown, IconEraser, IconTag, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "~/api/client";
import { useMay } from "~/api/session";
import { Confirm } from "~/components/Confirm";
import { IconButton } from "~/components/IconButton";
import { State, useStateWord } from "~/components/State";
import { ClearRuns } from "./ClearRuns";
import { refusals } from "./targets";
import { useTouch } from "./touch";

export interface RunKey {
  dag_id: string;
  dag_run_id: string;
}

const MARKS = ["success", "failed"] as const;
const LISTED = 20;
const ALL = "~";

interface Props {
  runs: RunKey[];
  onDone: () => void;
}

/** What may be done to several runs together. */
export function RunsActions({ runs, onDone }: Props) {
  const { t } = useTranslation();
  const word = useStateWord();
  const mayEdit = useMay("runs:edit");
  const mayDelete = useMay("runs:delete");
  const [open, setOpen] = useState<"clear" | "delete" | (typeof MARKS)[number] | null>(null);
  const close = () => setOpen(null);
  return (
    <Group gap={6}>
      {mayEdit ? (
        <>
          <Button size="xs" leftSection={<IconEraser size={14} />} onClick={() => setOpen("clear")}>
            {t("task.actions.clear")}
          </Button>
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
                  onClick={() => setOpen(mark)}
                  aria-label={t("run.actions.markAs", { state: word(mark) })}
                >
                  <State state={mark} />
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        </>
      ) : null}
      {mayDelete ? (
        <IconButton label={t("run.actions.delete")} onClick={() => setOpen("delete")}>
          <IconTrash size={16} />
        </IconButton>
      ) : null}
      {open === "clear" ? <ClearRuns runs={runs} onDone={onDone} onClose={close} /> : null}
      {open && open !== "clear" ? <Change change={open} runs={runs} onDone={onDone} onClose={close} /> : null}
    </Group>
  );
}

/** Marks runs, or deletes them; what was refused is told. */
function Change({
  change,
  runs,
  onDone,
  onClose,
}: Props & { change: "delete" | (typeof MARKS)[number]; onClose: () => void }) {
  const { t } = useTranslation();
  const word = useStateWord();
  const touch = useTouch();
  const count = runs.length;
  const confirm = async () => {
    const { data } = await api.PATCH("/api/v2/dags/{dag_id}/dagRuns", {
      params: { path: { dag_id: ALL } },
      body: {
        actions: [
          change === "delete"
            ? { action: "delete", entities: runs, action_on_non_existence: "skip" }
            : {
                action: "update",
                entities: runs.map((run) => ({ ...run, state: change })),
                action_on_non_existence: "fail",
              },
        ],
      },
    });
    await touch();
    const refused = refusals(data ?? {});
    if (refused) throw new Error(t("run.bulk.refused", refused));
    onDone();
  };
  const title =
    change === "delete" ? t("repair.runs.delete", { count }) : t("repair.runs.mark", { count, state: word(change) });
  return (
    <Confirm
      danger={change === "delete"}
      title={title}
      label={change === "delete" ? t("common.actions.delete") : t("repair.mark.label", { state: word(change) })}
      onConfirm={confirm}
      onClose={onClose}
    >
      <Text size="sm">{change === "delete" ? t("repair.runs.deleteHint") : t(`run.mark.${change}`)}</Text>
      <List size="sm">
        {runs.slice(0, LISTED).map((run) => (
          <List.Item key={`${run.dag_id} ${run.dag_run_id}`} className="anywhere">
            {run.dag_id} › {run.dag_run_id}
          </List.Item>
        ))}
        {count > LISTED ? <li>{t("run.preview.more", { count: count - LISTED })}</li> : null}
      </List>
    </Confirm>
  );
}
