import { useCallback } from "react";
import { useAddress } from "~/address";

/**
 * A dialog that the address tells of, under a name: what it is about, or null while it is closed. Going back closes it,
 * and a link opens it.
 */
export function useDialog(name: string): [string | null, (about: string) => void, () => void] {
  const [search, change] = useAddress();
  const set = useCallback(
    (about: string | null) =>
      change(
        (address) => {
          if (about === null) address.delete(name);
          else address.set(name, about);
        },
        { replace: about === null },
      ),
    [name, change],
  );
  return [search.get(name), set, useCallback(() => set(null), [set])];
}
