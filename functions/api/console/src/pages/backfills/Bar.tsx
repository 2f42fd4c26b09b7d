import { Group, Progress, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schema } from "~/api/client";
import { colorOf } from "~/components/State";
import { progress } from "./progress";

const PARTS = ["success", "failed", "active", "skipped"] as const;
const COLORS = { success: "success", failed: "failed", active: "running", skipped: "none" };

/** How far a backfill has come, as a bar and in words. */
export function Bar({ backfill }: { backfill: Schema["BackfillResponse"] }) {
  const { t } = useTranslation();
  const found = progress(backfill);
  const words = PARTS.filter((part) => found[part]).map((part) => t(`backfills.parts.${part}`, { count: found[part] }));
  if (found.left || found.more) {
    words.push(t(found.more ? "backfills.parts.leftMore" : "backfills.parts.left", { count: found.left }));
  }
  return (
    <Stack gap={4} miw={160}>
      <Progress.Root size="lg" aria-hidden>
        {PARTS.map((part) => (
          <Progress.Section
            key={part}
            value={found.total ? (100 * found[part]) / found.total : 0}
            color={colorOf(COLORS[part])}
          />
        ))}
      </Progress.Root>
      <Group gap={6} component="span">
        <Text size="xs" component="span">
          {words.join(" · ")}
        </Text>
      </Group>
    </Stack>
  );
}
