import { Anchor, Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Schema } from "~/api/client";
import { links } from "~/links";

/** A run in a list: of which DAG it is, and which one. */
export function RunItem({ run, children }: { run: Schema["DAGRunResponse"]; children: ReactNode }) {
  return (
    <Group component="li" justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
      <div>
        <Anchor component={Link} to={links.run(run.dag_id, run.dag_run_id)} size="sm" fw={500} className="anywhere">
          {run.dag_display_name}
        </Anchor>
        <Text size="xs" c="dimmed" className="anywhere">
          {run.dag_run_id}
        </Text>
      </div>
      <Text size="sm" component="div" style={{ flexShrink: 0 }}>
        {children}
      </Text>
    </Group>
  );
}
