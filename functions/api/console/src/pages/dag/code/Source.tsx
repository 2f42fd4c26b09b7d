import { memo, useEffect } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Source.module.css";
import type { Token } from "./tokens";

interface Props {
  label: string;
  lines: Token[][];
  /** The number of the line that the address names; 0 for none. */
  target: number;
}

/** Source code with numbered lines, all of them in the page: the browser finds what is in it. */
export function Source({ label, lines, target }: Props) {
  const { t } = useTranslation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: also when other lines are there
  useEffect(() => {
    if (target > 0) document.getElementById(`L${target}`)?.scrollIntoView({ block: "center" });
  }, [target, lines]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled by the keyboard, too
    <section className={classes.source} aria-label={label} tabIndex={0}>
      {lines.map((line, place) => (
        <Line
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
          key={place}
          number={place + 1}
          tokens={line}
          isTarget={place + 1 === target}
          name={t("dag.code.line", { number: place + 1 })}
        />
      ))}
    </section>
  );
}

interface LineProps {
  number: number;
  tokens: Token[];
  isTarget: boolean;
  name: string;
}

const Line = memo(function Line({ number, tokens, isTarget, name }: LineProps) {
  return (
    <div id={`L${number}`} className={classes.line} data-target={isTarget || undefined}>
      <a href={`#L${number}`} className={classes.number} aria-label={name} tabIndex={-1}>
        {number}
      </a>
      <code>
        {tokens.map(({ text, kind }, place) =>
          kind ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a line stay where they are
            <span key={place} className={kind}>
              {text}
            </span>
          ) : (
            text
          ),
        )}
        {"\n"}
      </code>
    </div>
  );
});
