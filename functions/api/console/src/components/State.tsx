import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import type en from "~/i18n/en";
import classes from "./State.module.css";

export type StateName = keyof typeof en.common.state;

/** The colour of a state, as a CSS value. */
export function colorOf(state: string | null | undefined): string {
  return `var(--state-${state ?? "none"}, var(--state-none))`;
}

/** Words by language and state: a grid asks for thousands, and each look-up takes microseconds. */
const words = new Map<string, string>();

/** A state's word in the language of the page. */
export function useStateWord(): (state: string | null | undefined) => string {
  const { t, i18n } = useTranslation();
  return useCallback(
    (state) => {
      const key = `${i18n.language} ${state ?? "none"}`;
      const known = words.get(key);
      if (known !== undefined) return known;
      const found = i18n.exists(`common.state.${state ?? "none"}`)
        ? t(`common.state.${(state ?? "none") as StateName}`)
        : String(state);
      words.set(key, found);
      return found;
    },
    [t, i18n],
  );
}

/** A state: its colour and its word. Of plain elements, as tables have thousands. */
export function State({ state, size = "sm" }: { state: string | null | undefined; size?: "xs" | "sm" | "md" }) {
  const word = useStateWord();
  return (
    <span
      className={classes.state}
      style={{ fontSize: `var(--mantine-font-size-${size})` }}
      data-state={state ?? "none"}
    >
      <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
        <circle cx="5" cy="5" r="4.5" fill={colorOf(state)} />
      </svg>
      <span>{word(state)}</span>
    </span>
  );
}
