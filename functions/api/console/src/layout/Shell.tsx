import { AppShell, Burger, Center, Group, Loader, NavLink, ScrollArea, Text } from "@mantine/core";
import { useDisclosure, useHotkeys, useReducedMotion } from "@mantine/hooks";
import {
  IconAlertOctagon,
  IconBox,
  IconCalendarRepeat,
  IconCoin,
  IconHistory,
  IconHome,
  IconPlayerPlay,
  IconPlugConnected,
  IconRoute,
  IconStack2,
  IconUsers,
  IconVariable,
} from "@tabler/icons-react";
import { type ComponentType, Suspense, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link, Outlet, useLocation, useNavigate } from "react-router";
import { useLive } from "~/api/live";
import { askMe } from "~/api/me";
import { useSession } from "~/api/session";
import type en from "~/i18n/en";
import { links } from "~/links";
import { Controls } from "./Controls";
import { Help } from "./Help";
import { LogInAgain } from "./LogInAgain";
import { Palette } from "./Palette";

interface Entry {
  name: keyof typeof en.common.nav;
  to: string;
  icon: ComponentType<{ size?: number }>;
  /** What one must be allowed to do to have any use of it. */
  needs?: string;
}

export const ENTRIES: Entry[] = [
  { name: "home", to: links.home(), icon: IconHome },
  { name: "dags", to: links.dags(), icon: IconRoute, needs: "dags:read" },
  { name: "runs", to: links.runs(), icon: IconPlayerPlay, needs: "runs:read" },
  { name: "backfills", to: links.backfills(), icon: IconCalendarRepeat, needs: "backfills:read" },
  { name: "assets", to: links.assets(), icon: IconBox, needs: "assets:read" },
  { name: "importErrors", to: links.importErrors(), icon: IconAlertOctagon, needs: "dags:read" },
  { name: "variables", to: links.variables(), icon: IconVariable, needs: "variables:read" },
  { name: "connections", to: links.connections(), icon: IconPlugConnected, needs: "connections:read" },
  { name: "pools", to: links.pools(), icon: IconStack2, needs: "pools:read" },
  { name: "audit", to: links.audit(), icon: IconHistory, needs: "audit:read" },
  { name: "users", to: links.users(), icon: IconUsers, needs: "users:read" },
  { name: "cost", to: links.cost(), icon: IconCoin, needs: "runs:read" },
];

/** What is around every page: where one can go, who one is, and whether what is shown is so now. */
export function Shell() {
  const { me } = useSession();
  const known = useMe();
  if (me === null) {
    return <Center h="100vh">{known ? null : <Loader aria-label="brisa" />}</Center>;
  }
  return <Frame />;
}

/** Asks once who is logged in; nobody is sent to log in, and back here afterwards. */
function useMe(): boolean {
  const { me } = useSession();
  const navigate = useNavigate();
  const location = useLocation();
  useEffect(() => {
    if (me !== null) return;
    let current = true;
    void askMe().then((known) => {
      if (current && !known) void navigate(links.login(location.pathname + location.search), { replace: true });
    });
    return () => {
      current = false;
    };
  }, [me, navigate, location]);
  return me !== null;
}

function Frame() {
  const { t } = useTranslation();
  const { me, expired } = useSession();
  const [menu, { toggle, close }] = useDisclosure();
  const [palette, paletteState] = useDisclosure();
  const [help, helpState] = useDisclosure();
  const location = useLocation();
  const still = useReducedMotion();
  useLive();
  useHotkeys([["mod+K", paletteState.open]]);
  useKeys({ "/": paletteState.open, "?": helpState.open }, { h: links.home(), d: links.dags(), r: links.runs() });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes when the page has changed
  useEffect(close, [location.pathname]);
  const entries = ENTRIES.filter((entry) => !entry.needs || me?.permissions.includes(entry.needs));
  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 190, breakpoint: "sm", collapsed: { mobile: !menu } }}
      padding={{ base: "xs", sm: "md" }}
      transitionDuration={still ? 0 : 200}
    >
      <AppShell.Header px="sm">
        <a className="skip" href="#content">
          {t("common.nav.skip")}
        </a>
        <Group h="100%" justify="space-between" wrap="nowrap" gap="xs">
          <Group gap="xs" wrap="nowrap">
            <Burger opened={menu} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t("common.nav.open")} />
            <Link to={links.home()} style={{ textDecoration: "none", color: "inherit" }}>
              <Group gap={6} wrap="nowrap">
                <img src="/brisa.svg" alt="" width={24} height={24} />
                <Text fw={600}>brisa</Text>
              </Group>
            </Link>
          </Group>
          <Controls onSearch={paletteState.open} onHelp={helpState.open} />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={t("common.nav.main")}>
        <ScrollArea type="auto">
          {entries.map(({ name, to, icon: Icon }) => (
            <NavLink
              key={to}
              component={Link}
              to={to}
              label={t(`common.nav.${name}`)}
              leftSection={<Icon size={18} />}
              active={to === "/" ? location.pathname === "/" : location.pathname.startsWith(to)}
              aria-current={
                (to === "/" ? location.pathname === "/" : location.pathname.startsWith(to)) ? "page" : undefined
              }
            />
          ))}
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} style={{ minWidth: 0 }}>
        <Suspense fallback={<Loader aria-label="…" />}>
          <Outlet />
        </Suspense>
      </AppShell.Main>
      {palette ? <Palette onClose={paletteState.close} /> : null}
      {help ? <Help onClose={helpState.close} /> : null}
      {expired ? <LogInAgain /> : null}
    </AppShell>
  );
}

/** Milliseconds between a "g" and the letter that belongs to it. */
const PATIENCE = 1000;

/** Signs that do something, and letters that go somewhere after a "g", unless somebody is writing. */
function useKeys(signs: Record<string, () => void>, places: Record<string, string>): void {
  const navigate = useNavigate();
  const begun = useRef(-PATIENCE); // outlives the effect, which is a new one after every rendering
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest(WRITING)) return;
      const place = event.timeStamp - begun.current < PATIENCE ? places[event.key] : undefined;
      const act = place ? () => void navigate(place) : signs[event.key];
      if (act) {
        event.preventDefault();
        act();
      }
      begun.current = event.key === "g" ? event.timeStamp : -PATIENCE;
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  });
}

const WRITING = "input, textarea, select, [contenteditable], [role=dialog]";
