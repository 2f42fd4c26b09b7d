import { Group, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useTitle } from "~/title";

interface Props {
  title: string;
  /** How many there are, in words. */
  count?: string;
  /** Buttons. */
  children?: ReactNode;
}

/** The title of a page, and what can be done there. */
export function Head({ title, count, children }: Props) {
  useTitle(title);
  return (
    <Group justify="space-between" gap="xs">
      <Group gap="sm" align="baseline">
        <Title order={1} size="h3" className="anywhere">
          {title}
        </Title>
        <Text size="sm" c="dimmed" role="status">
          {count}
        </Text>
      </Group>
      <Group gap="xs">{children}</Group>
    </Group>
  );
}
