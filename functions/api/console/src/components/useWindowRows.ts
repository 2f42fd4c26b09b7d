import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState } from "react";

/** Which rows of a long table are near what is seen of the page, and the heights of what is left out around them. */
export function useWindowRows(count: number, height: number) {
  const table = useRef<HTMLTableElement>(null);
  const [above, setAbove] = useState(0);
  useLayoutEffect(() => {
    const look = () => {
      const top = table.current ? table.current.getBoundingClientRect().top + window.scrollY : 0;
      setAbove((before) => (Math.abs(top - before) > 1 ? top : before));
    };
    look();
    // What is above the table may grow; the page does then, too.
    const observer = new ResizeObserver(look);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);
  const rows = useWindowVirtualizer({ count, estimateSize: () => height, overscan: 12, scrollMargin: above });
  const items = rows.getVirtualItems();
  return {
    table,
    measure: rows.measureElement,
    items: items.map((item) => item.index),
    before: (items[0]?.start ?? above) - above,
    after: rows.getTotalSize() - ((items.at(-1)?.end ?? above) - above),
  };
}
