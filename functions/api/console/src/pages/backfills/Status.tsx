import { useTranslation } from "react-i18next";
import type { Schema } from "~/api/client";
import { Dot } from "~/components/Dot";

const STATES = { running: "running", paused: "skipped", cancelled: "none", completed: "success" } as const;

/** The state of a backfill: its colour and its word. */
export function Status({ backfill: { state, runs } }: { backfill: Schema["BackfillResponse"] }) {
  const { t } = useTranslation();
  if (!isKnown(state)) return <Dot state="none">{state}</Dot>;
  const colour = state === "completed" && runs.failed ? "failed" : STATES[state];
  return <Dot state={colour}>{t(`backfills.state.${state}`)}</Dot>;
}

function isKnown(state: string): state is keyof typeof STATES {
  return Object.hasOwn(STATES, state);
}
