import { Button, Drawer, Group, Stack } from "@mantine/core";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "./Problem";
import { useUnsaved } from "./useUnsaved";

/** What of a form of `@mantine/form` is needed here. */
interface Form {
  isDirty: () => boolean;
  validate: () => { hasErrors: boolean } | Promise<{ hasErrors: boolean }>;
}

interface Props {
  title: string;
  form: Form;
  /** The word on the button that saves. */
  label: string;
  /** Saves; `false` is for what was not saved after all, and stays open. */
  onSave: () => Promise<unknown>;
  onClose: () => void;
  /** Beside the buttons. */
  beside?: ReactNode;
  children: ReactNode;
}

/**
 * A form at the side of the page. What the server refuses is told at the top, and what was typed stays; to leave it
 * unsaved is asked about.
 */
export function FormDialog({ title, form, label, onSave, onClose, beside, children }: Props) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const { question, release } = useUnsaved(form.isDirty());
  const place = useRef<HTMLFormElement>(null);
  useEffect(() => {
    // In a long form it may be out of sight.
    if (error) place.current?.querySelector("[role=alert]")?.scrollIntoView({ block: "nearest" });
  }, [error]);
  const save = async () => {
    if (busy) return;
    if ((await form.validate()).hasErrors) {
      requestAnimationFrame(() => place.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
      return;
    }
    setBusy(true);
    setError(null);
    try {
      if ((await onSave()) === false) return;
      release();
      onClose();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Drawer opened onClose={onClose} position="right" size="lg" title={title}>
      <form
        ref={place}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Stack gap="sm">
          {error ? <Problem error={error} /> : null}
          {children}
          <Group justify="space-between" mt="sm">
            <div>{beside}</div>
            <Group gap="xs">
              <Button variant="default" onClick={onClose}>
                {t("common.actions.cancel")}
              </Button>
              <Button type="submit" loading={busy}>
                {label}
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
      {question}
    </Drawer>
  );
}
