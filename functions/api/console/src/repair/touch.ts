import { useQueryClient } from "@tanstack/react-query";

/** Has all that shows runs read again at once, where somebody has just changed some: the feed tells a moment later. */
export function useTouch(): () => Promise<void> {
  const queries = useQueryClient();
  return () =>
    queries.invalidateQueries({
      predicate: ({ queryKey: [, path] }) => typeof path === "string" && /\/(dags\/|recentRuns)/.test(path),
    });
}
