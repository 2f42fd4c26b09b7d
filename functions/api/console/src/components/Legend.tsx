import { Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { signOf } from "~/states";
import cell from "./cell.module.css";
import classes from "./Legend.module.css";
import { useStateWord } from "./State";

/** Which colours and signs stand for which states. */
export function Legend({ states }: { states: string[] }) {
  const { t } = useTranslation();
  const word = useStateWord();
  if (states.length === 0) return null;
  return (
    <Group component="ul" gap="4px 12px" p={0} m={0} aria-label={t("dag.legend")}>
      {states.map((state) => (
        <Group key={state} component="li" gap={6} wrap="nowrap" style={{ listStyle: "none" }}>
          <span className={`${cell.solid} ${classes.sample}`} data-state={state} aria-hidden="true">
            {signOf(state)}
          </span>
          <Text size="xs">{word(state)}</Text>
        </Group>
      ))}
    </Group>
  );
}
