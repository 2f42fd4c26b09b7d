import { Tooltip } from "@mantine/core";
import { type HTMLAttributes, type ReactElement, type ReactNode, useState } from "react";

interface Props {
  label: () => ReactNode;
  /** Draws what the hint is about, with these handlers. */
  children: (handlers: HTMLAttributes<HTMLElement>) => ReactElement;
}

/** A tooltip that is only made once somebody points: a table has hundreds, and each would take a millisecond. */
export function Hint({ label, children }: Props) {
  const [opened, setOpened] = useState<boolean | null>(null);
  const open = () => setOpened(true);
  const close = () => setOpened(false);
  const shown = children({
    onMouseEnter: open,
    onMouseLeave: close,
    onFocus: open,
    onBlur: close,
    onTouchStart: () => setOpened((before) => !before),
  });
  if (opened === null) return shown;
  return (
    <Tooltip label={label()} opened={opened}>
      {shown}
    </Tooltip>
  );
}
