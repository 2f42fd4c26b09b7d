import { useCallback, useMemo } from "react";
import { useAddress } from "~/address";

export interface Said {
  one: (name: string) => string;
  many: (name: string) => string[];
  number: (name: string) => number;
}

/** What an address says of a list. */
export function said(search: URLSearchParams): Said {
  return {
    one: (name) => search.get(name) ?? "",
    many: (name) => search.getAll(name),
    number: (name) => Math.max(0, Number.parseInt(search.get(name) ?? "0", 10) || 0),
  };
}

/** What a list is narrowed to, kept in the address: a link shows the same, and going back does too. */
export function useFilters() {
  const [search, change] = useAddress();
  const set = useCallback(
    (changes: Record<string, string | string[] | null | undefined>) =>
      change(
        (address) => {
          for (const [name, value] of Object.entries(changes)) {
            address.delete(name);
            for (const one of Array.isArray(value) ? value : [value]) if (one) address.append(name, one);
          }
          // Another question has another first page.
          if (!("offset" in changes)) address.delete("offset");
        },
        { replace: true },
      ),
    [change],
  );
  return useMemo(
    () => ({
      ...said(search),
      /** Whether the list is narrowed at all. */
      any: [...search.keys()].some((name) => name !== "offset"),
      set,
    }),
    [search, set],
  );
}

/** A text that somebody types as a pattern of the API, in which `|` stands between alternatives. */
export function pattern(text: string): string | undefined {
  return text.trim() ? text.trim().replaceAll("|", "_") : undefined;
}
