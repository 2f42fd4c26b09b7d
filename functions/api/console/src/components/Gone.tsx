import { Anchor, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { links } from "~/links";

/** There is nothing at this address, or no longer. */
export function Gone({ reason }: { reason?: string }) {
  const { t } = useTranslation();
  return (
    <Stack align="flex-start" gap="xs">
      <Title order={1} size="h2">
        {t("common.error.gone")}
      </Title>
      {reason ? <Text className="anywhere">{reason}</Text> : null}
      <Text c="dimmed">{t("common.error.goneHint")}</Text>
      <Anchor component={Link} to={links.dags()}>
        {t("common.nav.dags")}
      </Anchor>
    </Stack>
  );
}
