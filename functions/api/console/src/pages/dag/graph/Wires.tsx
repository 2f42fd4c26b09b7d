import { ViewportPortal } from "@xyflow/react";
import { memo } from "react";
import { type Layout, pathOf } from "./layout";
import type { ShownEdge } from "./model";
import classes from "./Wires.module.css";

interface Props {
  edges: ShownEdge[];
  layout: Layout;
  selected: string | null;
}

/** All edges in one drawing: there may be thousands. */
export const Wires = memo(function Wires({ edges, layout, selected }: Props) {
  return (
    <ViewportPortal>
      <svg className={classes.wires} aria-hidden="true">
        <defs>
          <marker
            id="wire-end"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="8"
            markerHeight="8"
            orient="auto"
            markerUnits="userSpaceOnUse"
          >
            <path d="M0,0L8,4L0,8z" className={classes.end} />
          </marker>
        </defs>
        {edges.map(({ id, source, target, label }) => {
          const found = layout.edges.get(id);
          if (!found) return null;
          const near = selected !== null && (source === selected || target === selected);
          return (
            <g key={id} data-near={near || undefined}>
              <path d={pathOf(found.points)} className={classes.wire} markerEnd="url(#wire-end)" />
              {label && found.label ? (
                <text x={found.label.x} y={found.label.y} className={classes.label}>
                  {label.length > 36 ? `${label.slice(0, 35)}…` : label}
                </text>
              ) : null}
            </g>
          );
        })}
      </svg>
    </ViewportPortal>
  );
});
