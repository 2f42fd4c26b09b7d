import { ActionIcon, CopyButton, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

/** Puts a text into the clipboard, and says so. */
export function Copy({ text, what }: { text: string; what?: string }) {
  const { t } = useTranslation();
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => {
        const label = copied ? t("common.actions.copied") : t("common.actions.copy");
        return (
          <Tooltip label={label}>
            <ActionIcon variant="subtle" color="gray" onClick={copy} aria-label={what ? `${label}: ${what}` : label}>
              {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            </ActionIcon>
          </Tooltip>
        );
      }}
    </CopyButton>
  );
}
