import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconRefresh, IconTrash } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { $api, api } from "~/api/client";
import { useMay } from "~/api/session";
import { Confirm } from "~/components/Confirm";
import { useErrorWords } from "~/components/Problem";
import { links } from "~/links";
import type { Details } from "../context";

/** What can be done with a DAG for good: to have its file loaded again, or to delete it. */
export function Manage({ dag }: { dag: Details }) {
  const { t } = useTranslation();
  const [mayEdit, mayDelete] = [useMay("dags:edit"), useMay("dags:delete")];
  if (!mayEdit && !mayDelete) return null;
  return (
    <section>
      <Title order={3} size="h4" mb="xs">
        {t("dag.details.manage")}
      </Title>
      <Stack gap="xs">
        {mayEdit ? <Reparse dag={dag} /> : null}
        {mayDelete ? <Delete dag={dag} /> : null}
      </Stack>
    </section>
  );
}

function Reparse({ dag }: { dag: Details }) {
  const { t } = useTranslation();
  const words = useErrorWords();
  const reparse = $api.useMutation("put", "/api/v2/parseDagFile/{file_token}", {
    onSuccess: () => notifications.show({ message: t("dag.details.reparsed") }),
    onError: (error) => notifications.show({ color: "red", title: t("common.error.title"), message: words(error) }),
  });
  return (
    <Group gap="sm">
      <Button
        size="xs"
        variant="default"
        leftSection={<IconRefresh size={14} />}
        loading={reparse.isPending}
        onClick={() => reparse.mutate({ params: { path: { file_token: dag.file_token } } })}
      >
        {t("dag.details.reparse")}
      </Button>
      <Text size="sm">{t("dag.details.reparseHint")}</Text>
    </Group>
  );
}

function Delete({ dag }: { dag: Details }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [asked, { open, close }] = useDisclosure();
  const remove = async () => {
    await api.DELETE("/api/v2/dags/{dag_id}", { params: { path: { dag_id: dag.dag_id } } });
    await navigate(links.dags());
    queries.removeQueries({ predicate: ({ queryKey }) => names(queryKey, dag.dag_id) });
    void queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/api/v2/dags") });
  };
  return (
    <Group gap="sm">
      <Button size="xs" color="red" variant="outline" leftSection={<IconTrash size={14} />} onClick={open}>
        {t("dag.details.delete")}
      </Button>
      <Text size="sm">{t("dag.details.deleteHint")}</Text>
      {asked ? (
        <Confirm
          danger
          title={t("dag.details.deleteTitle", { name: dag.dag_display_name })}
          label={t("dag.details.delete")}
          onConfirm={remove}
          onClose={close}
        >
          <Text size="sm">{t("dag.details.deleteText")}</Text>
        </Confirm>
      ) : null}
    </Group>
  );
}

/** Whether a query is about that DAG: its key is [method, path, {params}]. */
function names(key: readonly unknown[], dagId: string): boolean {
  const init = key[2] as { params?: { path?: { dag_id?: unknown } } } | undefined;
  return init?.params?.path?.dag_id === dagId;
}
