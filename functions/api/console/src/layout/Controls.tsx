import {
  ActionIcon,
  Badge,
  Button,
  Group,
  Menu,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import {
  IconHelp,
  IconKey,
  IconLogout,
  IconMoon,
  IconPlugX,
  IconSearch,
  IconSun,
  IconUser,
  IconWorld,
} from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api } from "~/api/client";
import { useConnection } from "~/api/live";
import { session, useSession } from "~/api/session";
import { useDialog } from "~/dialogs";
import { LANGUAGES, type Language, speak } from "~/i18n";
import { links } from "~/links";
import { chooseZone, LOCAL, useZone, type ZoneChoice } from "~/time";

const OwnPassword = lazy(async () => ({ default: (await import("~/pages/users/OwnPassword")).OwnPassword }));
const ZONES: ZoneChoice[] = ["local", "utc", "dag"];

/** Search, connection, theme, language, time zone, account. */
export function Controls({ onSearch, onHelp }: { onSearch: () => void; onHelp: () => void }) {
  const { t } = useTranslation();
  return (
    <Group gap={6} wrap="nowrap">
      <Lost />
      <Button variant="default" size="xs" leftSection={<IconSearch size={14} />} onClick={onSearch} visibleFrom="sm">
        {t("common.palette.open", { key: "Ctrl K" })}
      </Button>
      <ActionIcon variant="subtle" hiddenFrom="sm" aria-label={t("common.actions.search")} onClick={onSearch}>
        <IconSearch size={18} />
      </ActionIcon>
      <Theme />
      <Preferences />
      <Account onHelp={onHelp} />
    </Group>
  );
}

function Lost() {
  const { t } = useTranslation();
  const lost = useConnection() === "lost";
  return (
    <div role="status" aria-live="polite">
      {lost ? (
        <Tooltip label={t("common.live.lostHint")}>
          <Badge color="red" variant="light" leftSection={<IconPlugX size={12} />} tt="none">
            {t("common.live.lost")}
          </Badge>
        </Tooltip>
      ) : null}
    </div>
  );
}

function Theme() {
  const { t } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const toggle = () => setColorScheme(scheme === "dark" ? "light" : "dark");
  useHotkeys([["mod+J", toggle]]);
  return (
    <Tooltip label={t("common.theme.switch")}>
      <ActionIcon variant="subtle" aria-label={t("common.theme.switch")} onClick={toggle}>
        {scheme === "dark" ? <IconSun size={18} /> : <IconMoon size={18} />}
      </ActionIcon>
    </Tooltip>
  );
}

function Preferences() {
  const { t, i18n } = useTranslation();
  const zone = useZone();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" aria-label={`${t("common.language")}, ${t("common.zone.title")}`}>
          <IconWorld size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("common.language")}</Menu.Label>
        {(Object.keys(LANGUAGES) as Language[]).map((language) => (
          <Menu.Item
            key={language}
            lang={language}
            onClick={() => speak(language)}
            {...chosen(i18n.language === language)}
          >
            {LANGUAGES[language]}
          </Menu.Item>
        ))}
        <Menu.Label>{t("common.zone.title")}</Menu.Label>
        {ZONES.map((choice) => (
          <Menu.Item key={choice} onClick={() => chooseZone(choice)} {...chosen(zone === choice)}>
            {t(`common.zone.${choice}`)}
            {choice === "local" ? ` (${LOCAL})` : ""}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** What tells that an entry of a menu is the one in force. */
function chosen(is: boolean) {
  return is ? { fw: 700, "aria-current": true as const, rightSection: "✓" } : {};
}

function Account({ onHelp }: { onHelp: () => void }) {
  const { t } = useTranslation();
  const { me } = useSession();
  const navigate = useNavigate();
  const [changes, change, close] = useDialog("own-password");
  if (me === null) return null;
  const logOut = async () => {
    if (!me.passwords) {
      window.location.assign("/api/v2/auth/logout");
      return;
    }
    await api.POST("/auth/logout").catch(() => undefined); // it may have ended already
    session.end();
    void navigate(links.login());
  };
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" aria-label={t("common.user.menu", { name: me.username })}>
            <IconUser size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label className="anywhere">{me.username}</Menu.Label>
          <Menu.Label>{t("common.user.role", { role: me.role })}</Menu.Label>
          <Menu.Item leftSection={<IconHelp size={16} />} onClick={onHelp}>
            {t("common.user.help")}
          </Menu.Item>
          {me.passwords ? (
            <Menu.Item leftSection={<IconKey size={16} />} onClick={() => change("true")}>
              {t("users.own.entry")}
            </Menu.Item>
          ) : null}
          <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void logOut()}>
            {t("common.user.logOut")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {changes && me.passwords ? (
        <Suspense>
          <OwnPassword onClose={close} />
        </Suspense>
      ) : null}
    </>
  );
}
