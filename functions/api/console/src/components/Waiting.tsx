import { Drawer } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { Loaded } from "./Loaded";

interface Props {
  title: string;
  query: UseQueryResult<unknown, unknown>;
  onClose: () => void;
}

/** A form whose values are still asked for, or why they can't be had. */
export function Waiting({ title, query, onClose }: Props) {
  return (
    <Drawer opened onClose={onClose} position="right" size="lg" title={title}>
      <Loaded query={query} lines={6}>
        {() => null}
      </Loaded>
    </Drawer>
  );
}
