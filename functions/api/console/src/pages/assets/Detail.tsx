import { Anchor, Button, Group, Stack } from "@mantine/core";
import { IconBroadcast } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { $api, type Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { Facts } from "~/components/Facts";
import { Head } from "~/components/Head";
import { Json } from "~/components/Json";
import { Loaded } from "~/components/Loaded";
import { useDialog } from "~/dialogs";
import { links } from "~/links";
import { Events } from "./Events";
import { Flow } from "./Flow";
import { Materialize } from "./Materialize";
import { Queued } from "./Queued";
import { Tell } from "./Tell";

/** One asset: who makes it, what it starts, what has happened to it. */
export function Page() {
  const { t } = useTranslation();
  const id = Number(useParams().assetId);
  const [tells, tell, close] = useDialog("event");
  const may = useMay("assets:edit");
  const query = $api.useQuery("get", "/api/v2/assets/{asset_id}", { params: { path: { asset_id: id } } });
  return (
    <Stack gap="sm">
      <Anchor component={Link} to={links.assets()} size="sm">
        {t("assets.title")}
      </Anchor>
      <Loaded query={query} lines={8}>
        {(asset) => (
          <>
            <Head title={asset.name}>
              {may ? (
                <Group gap="xs">
                  <Materialize asset={asset} />
                  <Button size="xs" leftSection={<IconBroadcast size={14} />} onClick={() => tell("new")}>
                    {t("assets.tell.button")}
                  </Button>
                </Group>
              ) : null}
            </Head>
            <About asset={asset} />
            <Flow asset={asset} />
            <Queued asset={asset} />
            <Events asset={asset} />
            {tells && may ? <Tell asset={asset} onClose={close} /> : null}
          </>
        )}
      </Loaded>
    </Stack>
  );
}

function About({ asset }: { asset: Schema["AssetResponse"] }) {
  const { t } = useTranslation();
  const extra = asset.extra ?? {};
  return (
    <Facts
      facts={[
        [t("assets.uri"), asset.uri],
        [t("assets.group"), asset.group],
        [t("assets.aliases"), asset.aliases.length ? asset.aliases.map((alias) => alias.name).join(", ") : null],
        [t("assets.watchers"), asset.watchers.length ? asset.watchers.map((one) => one.name).join(", ") : null],
        [
          t("assets.extra"),
          Object.keys(extra).length ? <Json key="extra" value={extra} what={t("assets.extra")} /> : null,
        ],
      ]}
    />
  );
}
