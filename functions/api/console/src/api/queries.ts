import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client";

/** What was asked for, and what was answered. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What changes is told (see ./live): a page need not ask again because somebody has looked elsewhere.
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (count, error) => !(error instanceof ApiError && error.status >= 400 && error.status < 500) && count < 2,
    },
  },
});
