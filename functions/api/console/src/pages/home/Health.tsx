import { Alert, Group, List, Text } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { $api } from "~/api/client";
import { Loaded } from "~/components/Loaded";
import { useShownZone } from "~/components/Time";
import { moment } from "~/time";
import { troubles } from "./health";

/** A part that has died tells of nothing, so that it has to be asked for. */
const OFTEN = 30_000;

/** Whether brisa works, in words. */
export function Health() {
  const { t } = useTranslation();
  const zone = useShownZone();
  const query = $api.useQuery("get", "/api/v2/monitor/health", {}, { refetchInterval: OFTEN });
  return (
    <Loaded query={query} lines={1}>
      {(health) => {
        const found = troubles(health);
        if (found.length === 0) {
          return (
            <Group gap={6} role="status">
              <IconCircleCheck size={18} color="var(--state-success)" aria-hidden />
              <Text size="sm">{t("home.health.well")}</Text>
            </Group>
          );
        }
        return (
          <Alert color="red" icon={<IconAlertTriangle />} title={t("home.health.title")} role="alert">
            <List size="sm">
              {found.map(({ what, since }) => (
                <List.Item key={what}>
                  {t(`home.health.${what}`, { since: since ? moment(since, zone) : "" })}
                </List.Item>
              ))}
            </List>
          </Alert>
        );
      }}
    </Loaded>
  );
}
