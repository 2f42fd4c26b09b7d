import { useEffect, useRef, useState } from "react";
import { readConf, withConf } from "./conf";
import { type Draft, EMPTY, forgetDraft, keepDraft, keptDraft } from "./draft";
import type { Field } from "./fields";

/** What is in the form: what was typed before a reload, or what the address gives, or the defaults. */
export function useDraft(dagId: string, fields: readonly Field[], given: string) {
  const read = readConf(given);
  const fresh = "conf" in read ? withConf(fields, EMPTY, read.conf) : EMPTY;
  const [before] = useState(() => keptDraft(sessionStorage, dagId, given));
  const [draft, setDraft] = useState<Draft>(before ?? fresh);
  const [kept, setKept] = useState(before !== undefined);
  const touched = useRef(false);
  useEffect(() => {
    if (touched.current) keepDraft(sessionStorage, dagId, given, draft);
  }, [dagId, given, draft]);
  return {
    draft,
    change: (changes: Partial<Draft>) => {
      touched.current = true;
      setDraft((now) => ({ ...now, ...changes }));
    },
    reset: () => {
      touched.current = false;
      forgetDraft(sessionStorage, dagId);
      setKept(false);
      setDraft(fresh);
    },
    kept,
    /** What is wrong with the JSON that the address gives. */
    unreadable: "wrong" in read ? read.wrong : undefined,
  };
}
