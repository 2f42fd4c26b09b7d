import { Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { colorOf } from "./State";

/** A word, and beside it the colour of a state. */
export function Dot({ state, children }: { state: string; children: ReactNode }) {
  return (
    <Group gap={6} wrap="nowrap" component="span" display="inline-flex">
      <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true" style={{ flexShrink: 0 }}>
        <circle cx="5" cy="5" r="4.5" fill={colorOf(state)} />
      </svg>
      <Text component="span" size="sm">
        {children}
      </Text>
    </Group>
  );
}
