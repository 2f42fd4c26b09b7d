import { Anchor, Button, Group, Stack, Tabs, Title } from "@mantine/core";
import { IconChartBar, IconPlayerPlay, IconSitemap } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";
import { $api, type Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { Loaded } from "~/components/Loaded";
import { Note } from "~/components/Note";
import { State } from "~/components/State";
import { DagZone, Time } from "~/components/Time";
import { Took } from "~/components/Took";
import { Trail } from "~/components/Trail";
import { links } from "~/links";
import { useTouch } from "~/repair/touch";
import { useTitle } from "~/title";
import { Details } from "./Details";
import classes from "./Run.module.css";
import { RunActions } from "./RunActions";
import { Tasks } from "./Tasks";
import { Timeline } from "./Timeline";
import { useDag } from "./useDag";

type Run = Schema["DAGRunResponse"];
const TABS = ["tasks", "timeline", "details"] as const;
type Tab = (typeof TABS)[number];

/** One run: what became of it, its tasks, and what may be done about it. */
export function Page() {
  const { t } = useTranslation();
  const { dagId = "", runId = "", tab = "tasks" } = useParams();
  const dag = useDag(dagId);
  const query = $api.useQuery("get", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}", {
    params: { path: { dag_id: dagId, dag_run_id: runId } },
  });
  useTitle(runId, dag.name);
  return (
    <DagZone.Provider value={dag.zone}>
      <Stack gap="sm">
        <Trail
          steps={[
            { to: links.dag(dagId), label: dag.name },
            { to: links.dag(dagId, "runs"), label: t("runs.title") },
          ]}
        />
        <Loaded query={query} lines={6}>
          {(run) => (
            <>
              <Head run={run} />
              <Views run={run} tab={(TABS as readonly string[]).includes(tab) ? (tab as Tab) : "tasks"} />
            </>
          )}
        </Loaded>
      </Stack>
    </DagZone.Provider>
  );
}

function Head({ run }: { run: Run }) {
  const { t } = useTranslation();
  const touch = useTouch();
  const change = $api.useMutation("patch", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}");
  const version = run.dag_versions.at(-1)?.version_number;
  const save = async (note: string) => {
    await change.mutateAsync({
      params: { path: { dag_id: run.dag_id, dag_run_id: run.dag_run_id }, query: { update_mask: ["note"] } },
      body: { note },
    });
    await touch();
  };
  return (
    <Stack gap="xs">
      <Group justify="space-between" align="flex-start">
        <Group gap="sm">
          <Title order={1} size="h4" className="anywhere">
            {run.dag_run_id}
          </Title>
          <State state={run.state} />
        </Group>
        <RunActions run={run} />
      </Group>
      <Group className={classes.facts}>
        <Fact name={t("run.facts.type")}>{t(`run.types.${run.run_type}`)}</Fact>
        {run.logical_date ? (
          <Fact name={t("run.facts.logicalDate")}>
            <Time at={run.logical_date} />
          </Fact>
        ) : null}
        <Fact name={t("run.facts.start")}>
          <Time at={run.start_date} />
        </Fact>
        <Fact name={t("run.facts.end")}>
          <Time at={run.end_date} />
        </Fact>
        <Fact name={t("run.facts.duration")}>
          <Took start={run.start_date} end={run.end_date} seconds={run.duration} />
        </Fact>
        {version ? (
          <Fact name={t("run.facts.version")}>
            <Anchor
              component={Link}
              to={`${links.dag(run.dag_id, "code")}?version=${version}`}
              size="sm"
              underline="always"
            >
              {t("run.facts.versionNumber", { number: version })}
            </Anchor>
          </Fact>
        ) : null}
      </Group>
      <Note note={run.note} onSave={save} />
    </Stack>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <span className={classes.name}>{name}</span> {children}
    </div>
  );
}

/** Characters of a configuration that an address can hold. */
const LONGEST = 6000;

/** The way to another run with the same configuration. */
function Again({ run }: { run: Run }) {
  const { t } = useTranslation();
  const conf = run.conf && Object.keys(run.conf).length ? JSON.stringify(run.conf) : "";
  if (!useMay("runs:trigger") || conf.length > LONGEST) return null;
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      component={Link}
      to={links.dag(run.dag_id, "trigger") + (conf ? `?conf=${encodeURIComponent(conf)}` : "")}
      leftSection={<IconPlayerPlay size={14} />}
    >
      {t("trigger.again")}
    </Button>
  );
}

function Views({ run, tab }: { run: Run; tab: Tab }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const ids = { dagId: run.dag_id, runId: run.dag_run_id };
  const at = `?run=${encodeURIComponent(run.dag_run_id)}`;
  return (
    <Tabs
      value={tab}
      keepMounted={false}
      onChange={(to) => void navigate(links.run(run.dag_id, run.dag_run_id, to === "tasks" ? "" : (to ?? "")))}
    >
      <Group justify="space-between" gap={4} align="flex-end" className={classes.tabs}>
        <Tabs.List>
          {TABS.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`run.tabs.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Group gap={4}>
          <Again run={run} />
          <Button
            size="compact-sm"
            variant="subtle"
            component={Link}
            to={links.dag(run.dag_id, "graph") + at}
            leftSection={<IconSitemap size={14} />}
          >
            {t("run.graph")}
          </Button>
          <Button
            size="compact-sm"
            variant="subtle"
            component={Link}
            to={links.dag(run.dag_id, "gantt") + at}
            leftSection={<IconChartBar size={14} />}
          >
            {t("run.gantt")}
          </Button>
        </Group>
      </Group>
      <Tabs.Panel value="tasks" pt="sm">
        <Tasks {...ids} />
      </Tabs.Panel>
      <Tabs.Panel value="timeline" pt="sm">
        <Timeline run={run} />
      </Tabs.Panel>
      <Tabs.Panel value="details" pt="sm">
        <Details run={run} />
      </Tabs.Panel>
    </Tabs>
  );
}
