import { Button, Modal, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { session, useSession } from "~/api/session";
import { LoginForm } from "~/components/LoginForm";

/** The session has ended in the middle of something: the page stays, and whoever was here goes on. */
export function LogInAgain() {
  const { t } = useTranslation();
  const { me } = useSession();
  const queries = useQueryClient();
  return (
    <Modal
      opened
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      title={t("common.login.title")}
    >
      <Stack>
        <Text size="sm">{me?.passwords ? t("common.login.again") : t("common.login.google")}</Text>
        {me?.passwords ? (
          <LoginForm
            username={me.username}
            onDone={(found) => {
              session.begin(found);
              void queries.invalidateQueries();
            }}
          />
        ) : (
          <Button onClick={() => window.location.reload()}>{t("common.login.reload")}</Button>
        )}
      </Stack>
    </Modal>
  );
}
