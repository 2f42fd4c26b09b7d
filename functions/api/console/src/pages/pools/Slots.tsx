import { Progress, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schema } from "~/api/client";
import { colorOf } from "~/components/State";

const PARTS = ["running", "queued", "scheduled", "deferred"] as const;

/** The slots of a pool, by what those are doing who have them: as a bar and in words. */
export function Slots({ pool }: { pool: Schema["PoolResponse"] }) {
  const { t } = useTranslation();
  const used = PARTS.map((part) => ({ part, count: pool[`${part}_slots`] }));
  const taken = used.reduce((sum, { count }) => sum + count, 0);
  const all = pool.slots < 0 ? taken : Math.max(pool.slots, taken);
  const words = used.filter(({ count }) => count).map(({ part, count }) => t(`pools.parts.${part}`, { count }));
  if (pool.open_slots >= 0) words.push(t("pools.parts.open", { count: pool.open_slots }));
  return (
    <Stack gap={4} miw={90}>
      <Progress.Root size="lg" aria-hidden>
        {used.map(({ part, count }) => (
          <Progress.Section key={part} value={all ? (100 * count) / all : 0} color={colorOf(part)} />
        ))}
      </Progress.Root>
      <Text size="xs">{words.join(" · ") || t("pools.idle")}</Text>
    </Stack>
  );
}
