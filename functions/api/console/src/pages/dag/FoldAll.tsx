import { Button, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Folding } from "./folding";

/** Folds all groups, or none. */
export function FoldAll({ folding }: { folding: Folding }) {
  const { t } = useTranslation();
  return (
    <Group gap="xs">
      <Button size="xs" variant="default" onClick={folding.foldAll}>
        {t("dag.foldAll")}
      </Button>
      <Button size="xs" variant="default" onClick={folding.openAll}>
        {t("dag.openAll")}
      </Button>
    </Group>
  );
}
