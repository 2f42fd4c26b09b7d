import { ActionIcon, Group, Text } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

interface Props {
  offset: number;
  limit: number;
  total: number;
  onMove: (offset: number) => void;
}

/** Which part of a list is shown, and the way to the next. */
export function Pager({ offset, limit, total, onMove }: Props) {
  const { t } = useTranslation();
  if (total <= limit && offset === 0) return null;
  return (
    <Group gap="xs" justify="flex-end">
      <Text size="sm">
        {t("common.page.of", { from: Math.min(offset + 1, total), to: Math.min(offset + limit, total), total })}
      </Text>
      <ActionIcon
        variant="default"
        aria-label={t("common.page.previous")}
        disabled={offset === 0}
        onClick={() => onMove(Math.max(0, offset - limit))}
      >
        <IconChevronLeft size={16} />
      </ActionIcon>
      <ActionIcon
        variant="default"
        aria-label={t("common.page.next")}
        disabled={offset + limit >= total}
        onClick={() => onMove(offset + limit)}
      >
        <IconChevronRight size={16} />
      </ActionIcon>
    </Group>
  );
}
