import { Button, Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Selected.module.css";

interface Props {
  count: number;
  onClear: () => void;
  /** What may be done to them. */
  children: ReactNode;
}

/** How many rows of a table are selected, and what may be done to all of them; it stays in view. */
export function Selected({ count, onClear, children }: Props) {
  const { t } = useTranslation();
  if (count === 0) return null;
  return (
    <Group className={classes.selected} gap="sm">
      <Text size="sm" role="status">
        {t("run.selected", { count })}
      </Text>
      {children}
      <Button size="xs" variant="subtle" onClick={onClear}>
        {t("run.unselect")}
      </Button>
    </Group>
  );
}
