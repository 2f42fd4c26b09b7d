import { useCallback } from "react";
import { type DataRouter, type Path, useLocation, useSearchParams } from "react-router";

/** Where the last click leads. React tells of it only when it draws the next page, which may be much later. */
let goal: Pick<Path, "pathname" | "search"> = { pathname: "", search: "" };

/** Know from here on where `router` goes. */
export function follow(router: DataRouter): void {
  const look = ({ location, navigation }: DataRouter["state"]) => {
    goal = navigation.location ?? location;
  };
  look(router.state);
  router.subscribe(look);
}

type Edit = (search: URLSearchParams) => void;

/**
 * What the address says behind its `?`, and how to change it. A change that comes late, such as of what was typed just
 * before a click elsewhere, is dropped: it would call that click off.
 */
export function useAddress(): [URLSearchParams, (edit: Edit, how: { replace: boolean }) => void] {
  const [search, setSearch] = useSearchParams();
  const here = useLocation().pathname;
  const change = useCallback(
    (edit: Edit, how: { replace: boolean }) => {
      if (goal.pathname !== here) return;
      const after = new URLSearchParams(goal.search);
      edit(after);
      setSearch(after, how);
    },
    [here, setSearch],
  );
  return [search, change];
}
