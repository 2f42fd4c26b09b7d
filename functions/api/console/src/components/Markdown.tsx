import { lazy, Suspense } from "react";

const Written = lazy(() => import("./MarkdownText"));

/** A text in Markdown, which is hostile: no HTML of its own, and links that tell nobody where they were followed. */
export function Markdown({ text, inline = false }: { text: string; inline?: boolean }) {
  return (
    <Suspense fallback={text}>
      <Written text={text} inline={inline} />
    </Suspense>
  );
}
