import { createContext } from "react";
import type { Counts } from "~/states";

export interface Shared {
  /** What the chosen run has of these tasks; nothing without a run. */
  counts: (tasks: string[]) => Counts;
  /** The task that is looked at. */
  selected: string | null;
  /** The node that Tab leads to. */
  current: string | null;
  select: (taskId: string) => void;
  toggle: (groupId: string) => void;
}

/** What the boxes of a graph have in common: they are drawn by xyflow, which knows only where they are. */
export const GraphContext = createContext<Shared>({
  counts: () => ({}),
  selected: null,
  current: null,
  select: () => undefined,
  toggle: () => undefined,
});
