import { Alert, Anchor, Stack } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, Outlet, useParams } from "react-router";
import { ApiError } from "~/api/client";
import { Loaded } from "~/components/Loaded";
import { DagZone } from "~/components/Time";
import { links } from "~/links";
import { DagContext } from "./context";
import { Header } from "./Header";
import { dagAsked } from "./questions";
import { Tabs } from "./Tabs";

/** A DAG: what it is, and what its pages have in common. */
export function Page() {
  const { dagId = "" } = useParams();
  const query = useQuery(dagAsked(dagId));
  if (query.data !== undefined && query.error instanceof ApiError && query.error.status === 404) {
    return <Deleted name={query.data.dag_display_name} />;
  }
  return (
    <Loaded query={query} lines={8}>
      {(dag) => (
        <DagContext value={dag}>
          <DagZone value={dag.timezone}>
            <Stack gap="sm" key={dag.dag_id}>
              <Header dag={dag} />
              <Tabs dagId={dag.dag_id} />
              <Outlet />
            </Stack>
          </DagZone>
        </DagContext>
      )}
    </Loaded>
  );
}

/** It was there a moment ago. */
function Deleted({ name }: { name: string }) {
  const { t } = useTranslation();
  return (
    <Alert color="red" icon={<IconTrash />} role="alert">
      <Stack gap="xs" align="flex-start">
        <h1 className="anywhere" style={{ fontSize: "inherit", margin: 0 }}>
          {t("dag.deleted", { name })}
        </h1>
        {t("dag.deletedHint")}
        <Anchor component={Link} to={links.dags()} c="inherit" td="underline">
          {t("common.nav.dags")}
        </Anchor>
      </Stack>
    </Alert>
  );
}
