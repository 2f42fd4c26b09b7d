import { Center, Group, Paper, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import { session } from "~/api/session";
import { LoginForm } from "~/components/LoginForm";
import { useTitle } from "~/title";

/** Where people log in, and come from to where they wanted to go. */
export function Page() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  useTitle(t("common.login.title"));
  return (
    <Center component="main" mih="100vh" p="md">
      <Paper withBorder p="xl" w="100%" maw={380}>
        <Group gap="xs" mb="lg">
          <img src="/brisa.svg" alt="" width={32} height={32} />
          <Title order={1} size="h3">
            brisa
          </Title>
        </Group>
        <LoginForm
          onDone={(me) => {
            session.begin(me);
            void navigate(inside(search.get("next")), { replace: true });
          }}
        />
      </Paper>
    </Center>
  );
}

/** An address of this console, whatever a link says. */
function inside(next: string | null): string {
  return next?.startsWith("/") && !next.startsWith("//") && !next.includes("\\") ? next : "/";
}
