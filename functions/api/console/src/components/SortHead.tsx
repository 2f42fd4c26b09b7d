import { type MantineBreakpoint, Table } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import classes from "./SortHead.module.css";

interface Props {
  name: string;
  label: string;
  /** The column that is sorted by, with `-` before it from the largest on; empty for none. */
  sort: string;
  onSort: (sort: string | null) => void;
  visibleFrom?: MantineBreakpoint | undefined;
}

/** The head of a column that sorts by it: up, down, and not any more. */
export function SortHead({ name, label, sort, onSort, visibleFrom }: Props) {
  const up = sort === name;
  const down = sort === `-${name}`;
  return (
    <Table.Th {...(visibleFrom ? { visibleFrom } : {})} aria-sort={up ? "ascending" : down ? "descending" : "none"}>
      <button type="button" className={classes.sort} onClick={() => onSort(up ? `-${name}` : down ? null : name)}>
        {label}
        {up ? <IconArrowUp size={14} aria-hidden="true" /> : null}
        {down ? <IconArrowDown size={14} aria-hidden="true" /> : null}
      </button>
    </Table.Th>
  );
}
