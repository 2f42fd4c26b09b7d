import { Group, Paper, Skeleton, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";

interface Props {
  title: string;
  /** What to say if there is nothing. */
  none: string;
  /** The way to all of them. */
  all?: ReactNode;
  /** What there is; undefined while that is not known. */
  children: ReactNode[] | undefined;
}

/** One list of the first page. */
export function Section({ title, none, all, children }: Props) {
  const id = useId();
  return (
    <Paper component="section" withBorder p="sm" aria-labelledby={id}>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h5" id={id}>
          {title}
        </Title>
        {all}
      </Group>
      {children === undefined ? (
        <Skeleton height={18} aria-busy="true" />
      ) : children.length > 0 ? (
        <Stack component="ul" gap={6} m={0} p={0} style={{ listStyle: "none" }}>
          {children}
        </Stack>
      ) : (
        <Text size="sm" c="dimmed">
          {none}
        </Text>
      )}
    </Paper>
  );
}
