import { Button, Group, Menu } from "@mantine/core";
import { IconChevronDown, IconEraser, IconTag, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "~/api/session";
import { IconButton } from "~/components/IconButton";
import { State, useStateWord } from "~/components/State";
import { ClearTasks } from "./ClearTasks";
import { DeleteTasks } from "./DeleteTasks";
import { MARKS, type Mark, MarkTasks } from "./MarkTasks";
import type { Target } from "./targets";

interface Props {
  dagId: string;
  runId: string;
  targets: Target[];
  /** Once something has been done. */
  onDone?: () => void;
}

/** What may be done to task instances, one or many. */
export function TaskActions({ dagId, runId, targets, onDone }: Props) {
  const { t } = useTranslation();
  const word = useStateWord();
  const may = useMay("runs:edit");
  const [open, setOpen] = useState<"clear" | "delete" | Mark | null>(null);
  if (!may) return null;
  const dialog = { dagId, runId, targets, onClose: () => setOpen(null), ...(onDone ? { onDone } : {}) };
  return (
    <Group gap={6}>
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
            {t("task.actions.mark")}
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
      <IconButton label={t("task.actions.delete")} onClick={() => setOpen("delete")}>
        <IconTrash size={16} />
      </IconButton>
      {open === "clear" ? <ClearTasks {...dialog} /> : null}
      {open === "delete" ? <DeleteTasks {...dialog} /> : null}
      {open && open !== "clear" && open !== "delete" ? <MarkTasks {...dialog} state={open} /> : null}
    </Group>
  );
}
