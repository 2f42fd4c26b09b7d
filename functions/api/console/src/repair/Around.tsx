import { Checkbox, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";

export const AROUND = ["upstream", "downstream", "past", "future"] as const;
export type Around = Record<(typeof AROUND)[number], boolean>;

interface Props<T extends string> {
  names: readonly T[];
  value: Record<T, boolean>;
  onChange: (value: Record<T, boolean>) => void;
}

/** Which other task instances are meant besides those chosen. */
export function AroundChoice<T extends "onlyFailed" | keyof Around>({ names, value, onChange }: Props<T>) {
  const { t } = useTranslation();
  return (
    <Checkbox.Group
      label={t("repair.around.legend")}
      value={names.filter((name) => value[name])}
      onChange={(chosen) =>
        onChange(Object.fromEntries(names.map((name) => [name, chosen.includes(name)])) as Record<T, boolean>)
      }
    >
      <Stack gap={6} mt={6}>
        {names.map((name) => (
          <Checkbox key={name} size="sm" value={name} label={t(`repair.around.${name}`)} />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}

/** As the API takes it. */
export function included(around: Around) {
  return {
    include_upstream: around.upstream,
    include_downstream: around.downstream,
    include_past: around.past,
    include_future: around.future,
  };
}
