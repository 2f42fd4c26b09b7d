import { Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useParams, useSearchParams } from "react-router";
import { useMay } from "~/api/session";
import { Loaded } from "~/components/Loaded";
import { DagZone } from "~/components/Time";
import { Trail } from "~/components/Trail";
import { links } from "~/links";
import { useTitle } from "~/title";
import { dagAsked } from "../dag/questions";
import { TriggerForm } from "./TriggerForm";

/** Makes a run by hand; `?conf=` in the address is what its form begins with. */
export function Page() {
  const { t } = useTranslation();
  const { dagId = "" } = useParams();
  const [search] = useSearchParams();
  const may = useMay("runs:trigger");
  const query = useQuery(dagAsked(dagId));
  const name = query.data?.dag_display_name ?? dagId;
  const conf = search.get("conf") ?? "";
  useTitle(t("trigger.title", { dag: name }));
  return (
    <DagZone.Provider value={query.data?.timezone ?? null}>
      <Stack gap="sm">
        <Trail steps={[{ to: links.dag(dagId), label: name }]} />
        <Loaded query={query} lines={8}>
          {(dag) => (
            <>
              <Title order={1} size="h3" className="anywhere">
                {t("trigger.title", { dag: name })}
              </Title>
              {may ? (
                <TriggerForm key={`${dagId} ${conf}`} dag={dag} conf={conf} />
              ) : (
                <Text>{t("trigger.forbidden")}</Text>
              )}
            </>
          )}
        </Loaded>
      </Stack>
    </DagZone.Provider>
  );
}
