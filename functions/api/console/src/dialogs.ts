import { useCallback } from "react";
import { useSearchParams } from "react-router";

/**
 * A dialog that the address tells of, under a name: what it is about, or null while it is closed. Going back closes it,
 * and a link opens it.
 */
export function useDialog(name: string): [string | null, (about: string) => void, () => void] {
  const [search, setSearch] = useSearchParams();
  const set = useCallback(
    (about: string | null) =>
      setSearch(
        (before) => {
          const after = new URLSearchParams(before);
          if (about === null) after.delete(name);
          else after.set(name, about);
          return after;
        },
        { replace: about === null },
      ),
    [name, setSearch],
  );
  return [search.get(name), set, useCallback(() => set(null), [set])];
}
