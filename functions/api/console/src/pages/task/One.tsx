import { Group, Stack, Tabs, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useLocation, useNavigate } from "react-router";
import { Loaded } from "~/components/Loaded";
import { useFilters } from "~/filters";
import { links } from "~/links";
import { Logs } from "~/logs/Logs";
import { Attempts } from "./Attempts";
import { Details } from "./Details";
import { Head } from "./Head";
import { Rendered } from "./Rendered";
import { type Attempt, type Ids, type Instance, runs, useInstance, useTries, waits } from "./useInstance";
import { Waiting } from "./Waiting";
import { XComs } from "./XComs";

const TABS = ["logs", "details", "rendered", "xcoms", "attempts"] as const;
type Tab = (typeof TABS)[number];

/** One task instance: its state, its log, and what else is known of it. */
export function One({ tab, ...ids }: Ids & { tab: string }) {
  const query = useInstance(ids);
  const tries = useTries(ids);
  return (
    <Loaded query={query} lines={8}>
      {(one) => (
        <Stack gap="sm">
          <Head ids={ids} one={one} tries={tries.data?.task_instances ?? []} />
          <Waiting ids={ids} one={one} />
          <Views
            ids={ids}
            one={one}
            tries={tries.data?.task_instances ?? []}
            tab={(TABS as readonly string[]).includes(tab) ? (tab as Tab) : "logs"}
          />
        </Stack>
      )}
    </Loaded>
  );
}

function Views({ ids, one, tries, tab }: { ids: Ids; one: Instance; tries: Attempt[]; tab: Tab }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { search } = useLocation();
  const go = (to: string | null) => {
    const { dagId, runId, taskId } = ids;
    void navigate(links.task(dagId, runId, taskId, -1, to === "logs" ? "" : (to ?? "")) + search);
  };
  return (
    <Tabs value={tab} keepMounted={false} onChange={go}>
      <Group>
        <Tabs.List>
          {TABS.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`task.tabs.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Group>
      <Tabs.Panel value="logs" pt="sm">
        <Log ids={ids} one={one} tries={tries} />
      </Tabs.Panel>
      <Tabs.Panel value="details" pt="sm">
        <Details ids={ids} one={one} />
      </Tabs.Panel>
      <Tabs.Panel value="rendered" pt="sm">
        <Rendered one={one} />
      </Tabs.Panel>
      <Tabs.Panel value="xcoms" pt="sm">
        <XComs ids={ids} one={one} />
      </Tabs.Panel>
      <Tabs.Panel value="attempts" pt="sm">
        <Attempts ids={ids} tries={tries} />
      </Tabs.Panel>
    </Tabs>
  );
}

/** The try that the address names, or else the last one. */
export function useTryNumber(one: Instance): number {
  const asked = useFilters().number("try");
  return asked || one.try_number;
}

function Log({ ids, one, tries }: { ids: Ids; one: Instance; tries: Attempt[] }) {
  const { t } = useTranslation();
  const tryNumber = useTryNumber(one);
  const present = tryNumber === one.try_number;
  if (tryNumber === 0) return <Text size="sm">{t(waits(one) ? "logs.notYet" : "logs.none")}</Text>;
  if (!present && tries.length > 0 && !tries.some((each) => each.try_number === tryNumber)) {
    return <Text size="sm">{t("logs.noTry", { number: tryNumber })}</Text>;
  }
  return (
    <Logs
      key={`${ids.dagId} ${ids.runId} ${ids.taskId} ${ids.mapIndex} ${tryNumber}`}
      place={{ ...ids, tryNumber }}
      live={present && runs(one)}
      changed={present ? `${one.state} ${one.start_date} ${one.end_date}` : ""}
    />
  );
}
