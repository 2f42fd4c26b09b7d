import { ActionIcon, Group, Tooltip } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  edit?: { label: string; onClick: () => void };
  /** What asks whether it is to be deleted. */
  remove?: ((onClose: () => void) => ReactNode) | null;
  removeLabel?: string;
}

/** Edit and delete, at the end of a line. */
export function RowActions({ edit, remove, removeLabel }: Props) {
  const { t } = useTranslation();
  const [asked, ask] = useState(false);
  return (
    <Group gap={4} wrap="nowrap">
      {edit ? (
        <Tooltip label={t("common.actions.edit")}>
          <ActionIcon variant="subtle" aria-label={edit.label} onClick={edit.onClick}>
            <IconPencil size={16} />
          </ActionIcon>
        </Tooltip>
      ) : null}
      {remove ? (
        <Tooltip label={t("common.actions.delete")}>
          <ActionIcon variant="subtle" color="red" aria-label={removeLabel} onClick={() => ask(true)}>
            <IconTrash size={16} />
          </ActionIcon>
        </Tooltip>
      ) : null}
      {asked ? remove?.(() => ask(false)) : null}
    </Group>
  );
}
