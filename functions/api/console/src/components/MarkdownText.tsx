import { Typography } from "@mantine/core";
import ReactMarkdown from "react-markdown";
import remarkGfm from "remark-gfm";

/** The part of {@link Markdown} that is only loaded where there is some. Pictures from elsewhere are links. */
export default function MarkdownText({ text, inline }: { text: string; inline: boolean }) {
  return (
    <Typography className="anywhere" fz={inline ? "inherit" : "sm"} component={inline ? "span" : "div"}>
      <ReactMarkdown
        remarkPlugins={[remarkGfm]}
        skipHtml
        components={{
          a: ({ href, children }) => (
            // Colour alone does not tell a link from the words around it.
            <a href={href} target="_blank" rel="noreferrer" style={{ textDecoration: "underline" }}>
              {children}
            </a>
          ),
          img: ({ src, alt }) => (
            <a href={typeof src === "string" ? src : undefined} target="_blank" rel="noreferrer">
              {alt || String(src)}
            </a>
          ),
          // Within a sentence of the page there can be no paragraph.
          ...(inline ? { p: ({ children }) => <span style={{ display: "block" }}>{children}</span> } : {}),
          // The page has the first two levels.
          h1: "h3",
          h2: "h4",
          h3: "h5",
          h4: "h6",
          h5: "h6",
        }}
      >
        {text}
      </ReactMarkdown>
    </Typography>
  );
}
