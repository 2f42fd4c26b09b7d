import { createContext, useContext } from "react";
import { LOCAL, moment, useRelative, useZone, zoneName } from "~/time";
import { Hint } from "./Hint";

/** The zone of the DAG that a page is about. */
export const DagZone = createContext<string | null>(null);

/** The zone in which this part of the page shows times. */
export function useShownZone(): string {
  const dagZone = useContext(DagZone);
  return zoneName(useZone(), dagZone);
}

interface Props {
  at: string | null | undefined;
  /** "3 min ago" instead of the moment itself. */
  relative?: boolean;
  seconds?: boolean;
}

/** A moment in the zone that was chosen; pointing at it tells the others. */
export function Time({ at, relative = false, seconds = true }: Props) {
  const dagZone = useContext(DagZone);
  const zone = useShownZone();
  const ago = useRelative();
  if (!at) return <span className="dimmed">–</span>;
  const hint = () => (
    <>
      {[...new Set(["UTC", LOCAL, ...(dagZone ? [dagZone] : [])])].map((name) => (
        <div key={name}>
          {moment(at, name)} {name}
        </div>
      ))}
      {relative ? null : <div>{ago(at)}</div>}
    </>
  );
  return (
    <Hint label={hint}>
      {(handlers) => (
        <time dateTime={at} {...handlers}>
          {relative ? ago(at) : moment(at, zone, seconds)}
        </time>
      )}
    </Hint>
  );
}
