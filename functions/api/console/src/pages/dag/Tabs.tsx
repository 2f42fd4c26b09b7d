import {
  IconCalendar,
  IconChartBar,
  IconCode,
  IconGridDots,
  IconInfoCircle,
  IconPlayerPlay,
  IconSitemap,
} from "@tabler/icons-react";
import { type ComponentType, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { NavLink, useLocation, useSearchParams } from "react-router";
import { useMay } from "~/api/session";
import type en from "~/i18n/en";
import { links } from "~/links";
import classes from "./Tabs.module.css";

interface Tab {
  name: keyof typeof en.dag.tabs;
  path: string;
  icon: ComponentType<{ size?: number }>;
  needs: string;
  /** Whether it is about the run that another page is about. */
  ofRun?: boolean;
}

const TABS: Tab[] = [
  { name: "grid", path: "", icon: IconGridDots, needs: "runs:read" },
  { name: "graph", path: "graph", icon: IconSitemap, needs: "dags:read", ofRun: true },
  { name: "gantt", path: "gantt", icon: IconChartBar, needs: "runs:read", ofRun: true },
  { name: "calendar", path: "calendar", icon: IconCalendar, needs: "runs:read" },
  { name: "runs", path: "runs", icon: IconPlayerPlay, needs: "runs:read" },
  { name: "code", path: "code", icon: IconCode, needs: "code:read" },
  { name: "details", path: "details", icon: IconInfoCircle, needs: "dags:read" },
];

/** The pages of a DAG. */
export function Tabs({ dagId }: { dagId: string }) {
  const { t } = useTranslation();
  const [search] = useSearchParams();
  const { pathname } = useLocation();
  const nav = useRef<HTMLElement>(null);
  // On a small screen there is no room for all.
  // biome-ignore lint/correctness/useExhaustiveDependencies: when another page is shown
  useEffect(() => {
    nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [pathname]);
  const run = search.get("run");
  return (
    <nav ref={nav} aria-label={t("dag.pages")} className={classes.tabs}>
      {TABS.map((tab) => (
        <TabLink
          key={tab.name}
          tab={tab}
          to={links.dag(dagId, tab.path) + (tab.ofRun && run ? `?run=${encodeURIComponent(run)}` : "")}
        />
      ))}
    </nav>
  );
}

function TabLink({ tab, to }: { tab: Tab; to: string }) {
  const { t } = useTranslation();
  const Icon = tab.icon;
  if (!useMay(tab.needs)) return null;
  return (
    <NavLink to={to} end className={classes.tab ?? ""}>
      <Icon size={16} />
      {t(`dag.tabs.${tab.name}`)}
    </NavLink>
  );
}
