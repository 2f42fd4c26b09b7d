import { ActionIcon, Tooltip } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  label: string;
  /** Why it can't be used now; it stays where it is, and says so. */
  why?: string | undefined;
  onClick: () => void;
  children: ReactNode;
}

/** A button that is only a picture, beside others with words. */
export function IconButton({ label, why, onClick, children }: Props) {
  return (
    <Tooltip label={why ?? label}>
      <ActionIcon
        size={30}
        variant="default"
        aria-label={label}
        aria-disabled={why !== undefined}
        data-disabled={why === undefined ? undefined : true}
        onClick={() => (why === undefined ? onClick() : undefined)}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
