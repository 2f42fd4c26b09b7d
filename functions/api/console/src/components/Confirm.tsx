import { Button, Group, Modal, Stack } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "./Problem";

interface Props {
  title: string;
  /** What will happen, and to what. */
  children: ReactNode;
  /** The word on the button that does it. */
  label: string;
  danger?: boolean;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
}

/** Asks before something is done that can't be undone. Why it failed is told here, and nothing is lost. */
export function Confirm({ title, children, label, danger = false, onConfirm, onClose }: Props) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      onClose();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": t("common.actions.close") }}>
      <Stack>
        {children}
        {error ? <Problem error={error} /> : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus={danger || undefined}>
            {t("common.actions.cancel")}
          </Button>
          <Button
            color={danger ? "red" : undefined}
            loading={busy}
            onClick={() => void confirm()}
            data-autofocus={danger ? undefined : true}
          >
            {label}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
