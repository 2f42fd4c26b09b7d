import { useCallback, useMemo } from "react";
import { useFilters } from "~/filters";

const ALL = "folded";
const NONE = "open";

export interface Folding {
  folded: (groupId: string) => boolean;
  /** Something that changes when what is folded does. */
  key: string;
  toggle: (groupId: string) => void;
  foldAll: () => void;
  openAll: () => void;
  /** Opens these groups, so that what is in them is seen. */
  open: (groupIds: string[]) => void;
}

/** Which groups are folded: all or none (`?groups=`), but for some (`?except=`). */
export function isFolded(all: boolean, except: string[], groupId: string): boolean {
  return all !== except.includes(groupId);
}

/** Which groups are folded, kept in the address; `byDefault` is what an address without a word says. */
export function useFolding(byDefault = false): Folding {
  const { one, many, set } = useFilters();
  const said = one("groups");
  const all = said ? said === ALL : byDefault;
  const exceptions = many("except").join("\n");
  const except = useMemo(() => (exceptions ? exceptions.split("\n") : []), [exceptions]);
  const folded = useCallback((groupId: string) => isFolded(all, except, groupId), [all, except]);
  return useMemo(
    () => ({
      folded,
      key: `${all}\n${exceptions}`,
      toggle: (groupId) =>
        set({ except: except.includes(groupId) ? except.filter((one) => one !== groupId) : [...except, groupId] }),
      foldAll: () => set({ groups: ALL, except: null }),
      openAll: () => set({ groups: NONE, except: null }),
      open: (groupIds) => {
        const hidden = groupIds.filter(folded);
        if (hidden.length === 0) return;
        set({ except: all ? [...except, ...hidden] : except.filter((one) => !hidden.includes(one)) });
      },
    }),
    [folded, all, except, exceptions, set],
  );
}
