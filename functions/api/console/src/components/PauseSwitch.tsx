import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { $api } from "~/api/client";
import { useMay } from "~/api/session";
import { useErrorWords } from "./Problem";
import classes from "./Switch.module.css";

interface Props {
  dagId: string;
  name: string;
  paused: boolean;
}

/** On while the DAG is not paused. */
export function PauseSwitch({ dagId, name, paused }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const words = useErrorWords();
  const may = useMay("dags:edit");
  const change = $api.useMutation("patch", "/api/v2/dags/{dag_id}", {
    onSuccess: () =>
      queries.invalidateQueries({ predicate: (query) => String(query.queryKey[1]).startsWith("/api/v2/dags") }),
    onError: (error) => notifications.show({ color: "red", title: t("common.error.title"), message: words(error) }),
  });
  const shown = change.isPending ? (change.variables?.body.is_paused ?? paused) : paused;
  return (
    <input
      type="checkbox"
      // biome-ignore lint/a11y/useAriaPropsForRole: a checkbox says by itself whether it is on
      role="switch"
      className={classes.switch}
      checked={!shown}
      disabled={!may}
      aria-label={t(paused ? "dags.unpause" : "dags.pause", { dag: name })}
      onChange={(event) =>
        change.mutate({
          params: { path: { dag_id: dagId }, query: { update_mask: ["is_paused"] } },
          body: { is_paused: !event.currentTarget.checked },
        })
      }
    />
  );
}
