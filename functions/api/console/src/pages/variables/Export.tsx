import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useErrorWords } from "~/components/Problem";
import { download } from "~/download";
import { allVariables } from "./all";
import { masked, writeFile } from "./file";

/** Writes all Variables to a file, without what is secret. */
export function ExportButton() {
  const { t } = useTranslation();
  const words = useErrorWords();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      const found = await allVariables();
      download("variables.json", writeFile(found));
      notifications.show({
        title: t("variables.export.done", { count: found.length }),
        message: found.some((one) => masked(one.value)) ? t("variables.export.hint") : undefined,
      });
    } catch (error) {
      notifications.show({ color: "red", title: t("common.error.title"), message: words(error) });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button size="xs" variant="default" loading={busy} onClick={() => void save()}>
      {t("variables.export.button")}
    </Button>
  );
}
