import { useEffect, useState } from "react";
import { Search } from "./find";
import type { LogText } from "./text";

/** Looks through a log for what is wanted, some milliseconds at a time, and on as it grows. */
export function useSearch(text: LogText, version: number, wanted: string, level: number) {
  const [search, setSearch] = useState<Search | null>(null);
  const [progress, setProgress] = useState(0);
  useEffect(() => {
    setSearch(wanted ? new Search(text, wanted, level) : null);
  }, [text, wanted, level]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another version has more to look through
  useEffect(() => {
    if (!search) return;
    let timer: ReturnType<typeof setTimeout>;
    const step = () => {
      search.go();
      setProgress((before) => before + 1);
      if (!search.over) timer = setTimeout(step);
    };
    step();
    return () => clearTimeout(timer);
  }, [search, version]);
  return { found: search?.found ?? NOTHING, over: search?.over ?? true, progress };
}

const NOTHING: number[] = [];
