import { Text } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useBlocker } from "react-router";
import { Confirm } from "./Confirm";

/**
 * Asks before a page, or a dialog that the address tells of, is left while something typed is not saved. `question` is
 * what to show; `release` says that all is saved: whatever comes next goes through.
 */
export function useUnsaved(dirty: boolean): { question: ReactNode; release: () => void } {
  const { t } = useTranslation();
  const saved = useRef(false);
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      dirty &&
      !saved.current &&
      currentLocation.pathname + currentLocation.search !== nextLocation.pathname + nextLocation.search,
  );
  useEffect(() => {
    if (!dirty) return;
    const ask = (event: BeforeUnloadEvent) => {
      if (!saved.current) event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [dirty]);
  const question =
    blocker.state === "blocked" ? (
      <Confirm
        title={t("forms.unsaved")}
        label={t("forms.discard")}
        danger
        onConfirm={async () => blocker.proceed()}
        onClose={() => blocker.state === "blocked" && blocker.reset()}
      >
        <Text size="sm">{t("forms.unsavedHint")}</Text>
      </Confirm>
    ) : null;
  return {
    question,
    release: () => {
      saved.current = true;
    },
  };
}
