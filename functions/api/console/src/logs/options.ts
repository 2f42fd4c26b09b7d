import { useMediaQuery } from "@mantine/hooks";
import { useFilters } from "~/filters";

export interface LogOptions {
  /** Lines less severe than this are not shown. */
  level: number;
  find: string;
  /** The line that is pointed at; 0 for none. */
  line: number;
  times: boolean;
  wrap: boolean;
}

/** How a log is shown, as its address says; on a narrow screen lines wrap and have no times, unless it does. */
export function useLogOptions(): LogOptions {
  const filters = useFilters();
  const narrow = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false }) ?? false;
  const says = (name: string, otherwise: boolean) => (filters.one(name) ? filters.one(name) === "yes" : otherwise);
  return {
    level: Math.min(4, filters.number("level")),
    find: filters.one("find"),
    line: filters.number("line"),
    times: says("times", !narrow),
    wrap: says("wrap", narrow),
  };
}
