import { useEffect } from "react";

/** What the browser's tab says. */
export function useTitle(...parts: string[]): void {
  const title = [...parts, "brisa"].join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
}
