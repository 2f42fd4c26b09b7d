import type { Raw } from "./fields";

/** What somebody has put into the form so far. */
export interface Draft {
  /** Param → what is in its field, of those that were touched. */
  raw: Record<string, Raw>;
  /** Keys of the configuration that are no params. */
  extra: Record<string, unknown>;
  /** The configuration as JSON, while it is edited as that. */
  json: string | null;
  when: "now" | "at" | "none";
  /** ISO 8601. */
  logicalDate: string;
  runId: string;
  note: string;
  partition: string;
}

export const EMPTY: Draft = {
  raw: {},
  extra: {},
  json: null,
  when: "now",
  logicalDate: "",
  runId: "",
  note: "",
  partition: "",
};

interface Kept {
  /** The configuration that the address gave: another link is another form. */
  conf: string;
  draft: Draft;
}

function key(dagId: string): string {
  return `brisa.trigger.${dagId}`;
}

/** What was typed before a reload, in this tab; undefined if nothing was. */
export function keptDraft(storage: Pick<Storage, "getItem">, dagId: string, conf: string): Draft | undefined {
  try {
    const kept = JSON.parse(storage.getItem(key(dagId)) ?? "null") as Kept | null;
    return kept?.conf === conf ? { ...EMPTY, ...kept.draft } : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps it; a browser that keeps nothing is no reason to stop. */
export function keepDraft(storage: Pick<Storage, "setItem">, dagId: string, conf: string, draft: Draft): void {
  try {
    storage.setItem(key(dagId), JSON.stringify({ conf, draft } satisfies Kept));
  } catch {
    // It is full, or forbidden.
  }
}

export function forgetDraft(storage: Pick<Storage, "removeItem">, dagId: string): void {
  storage.removeItem(key(dagId));
}
