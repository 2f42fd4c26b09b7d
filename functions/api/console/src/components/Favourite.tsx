import { notifications } from "@mantine/notifications";
import { IconStar, IconStarFilled } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { $api } from "~/api/client";
import { useErrorWords } from "./Problem";
import classes from "./Switch.module.css";

/** A star that marks a DAG as a favourite of whoever is logged in. */
export function Favourite({ dagId, name, is }: { dagId: string; name: string; is: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const words = useErrorWords();
  const options = {
    onSuccess: () =>
      queries.invalidateQueries({ predicate: (query) => String(query.queryKey[1]).startsWith("/api/v2/dags") }),
    onError: (error: unknown) =>
      notifications.show({ color: "red", title: t("common.error.title"), message: words(error) }),
  };
  const mark = $api.useMutation("post", "/api/v2/dags/{dag_id}/favorite", options);
  const unmark = $api.useMutation("post", "/api/v2/dags/{dag_id}/unfavorite", options);
  return (
    <button
      type="button"
      className={classes.star}
      aria-label={t(is ? "dags.unfavourite" : "dags.favourite", { dag: name })}
      aria-pressed={is}
      onClick={() => (is ? unmark : mark).mutate({ params: { path: { dag_id: dagId } } })}
    >
      {is ? <IconStarFilled size={16} /> : <IconStar size={16} />}
    </button>
  );
}
