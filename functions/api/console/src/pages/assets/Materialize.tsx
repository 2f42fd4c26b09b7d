import { Anchor, Button, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, type Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { Confirm } from "~/components/Confirm";
import { links } from "~/links";

/** Runs the DAG that makes an asset, if one alone does. */
export function Materialize({ asset }: { asset: Schema["AssetResponse"] }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [asked, ask] = useState(false);
  const producers = [...new Set(asset.producing_tasks.map((task) => task.dag_id))];
  const may = useMay("runs:trigger");
  if (!may || producers.length !== 1) return null;
  const run = async () => {
    const { data } = await api.POST("/api/v2/assets/{asset_id}/materialize", {
      params: { path: { asset_id: asset.id } },
      body: {},
    });
    if (!data) return;
    const to = links.run(data.dag_id, data.dag_run_id);
    notifications.show({
      title: t("assets.materialize.done"),
      message: (
        <Anchor
          href={to}
          size="sm"
          onClick={(event) => {
            event.preventDefault();
            void navigate(to);
          }}
        >
          {t("assets.materialize.see")}
        </Anchor>
      ),
    });
  };
  return (
    <>
      <Button size="xs" variant="default" leftSection={<IconPlayerPlay size={14} />} onClick={() => ask(true)}>
        {t("assets.materialize.button")}
      </Button>
      {asked ? (
        <Confirm
          title={t("assets.materialize.title", { asset: asset.name })}
          label={t("assets.materialize.label")}
          onConfirm={run}
          onClose={() => ask(false)}
        >
          <Text size="sm">{t("assets.materialize.hint", { dag: producers[0] })}</Text>
        </Confirm>
      ) : null}
    </>
  );
}
