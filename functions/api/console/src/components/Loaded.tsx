import { Alert, Skeleton, Stack } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "~/api/client";
import { Gone } from "./Gone";
import { Problem } from "./Problem";

interface Props<T> {
  query: UseQueryResult<T, unknown>;
  /** How many grey lines stand for what is to come. */
  lines?: number;
  children: (data: T) => ReactNode;
}

/** Whether it is told already, further out, that what is shown is no longer there. */
const Told = createContext(false);

function isGone(query: UseQueryResult<unknown, unknown>): boolean {
  return query.error instanceof ApiError && query.error.status === 404;
}

/** Why what is shown could not be read again. */
function Late({ query }: { query: UseQueryResult<unknown, unknown> }) {
  const { t } = useTranslation();
  const told = useContext(Told);
  if (isGone(query)) {
    return told ? null : (
      <Alert color="red" icon={<IconTrash />} role="alert">
        {t("common.error.deleted")}
      </Alert>
    );
  }
  return <Problem error={query.error} retry={() => void query.refetch()} />;
}

/** What a query has found, or is still looking for, or why there is nothing. What was found once stays on the page. */
export function Loaded<T>({ query, lines = 3, children }: Props<T>) {
  const told = useContext(Told);
  if (query.data !== undefined) {
    return (
      <>
        {query.isError ? <Late query={query} /> : null}
        <Told value={told || isGone(query)}>{children(query.data)}</Told>
      </>
    );
  }
  if (query.isError) {
    if (query.error instanceof ApiError && isGone(query)) return <Gone reason={query.error.message} />;
    return <Problem error={query.error} retry={() => void query.refetch()} />;
  }
  return (
    <Stack gap="xs" aria-busy="true">
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all the same
        <Skeleton key={line} height={18} />
      ))}
    </Stack>
  );
}
