import type { ElkExtendedEdge, ElkNode } from "elkjs/lib/elk-api";
import type { Shown, ShownNode } from "./model";

export type Direction = "right" | "down";

export interface Box {
  /** Within the group that it is in. */
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

export interface Layout {
  nodes: Map<string, Box>;
  edges: Map<string, { points: Point[]; label: Point | null }>;
}

const HEIGHT = 44;
const [NARROWEST, WIDEST] = [124, 260];
const BESIDE_TEXT = 46;
const LETTER = 7.2;
const GROUP_HEAD = 38;
const GROUP_EDGE = 12;
/** From so many nodes on, what takes less time is taken: it is less fine, and more compact. */
const MANY = 120;

/** What ELK is asked for: layers in the direction in which tasks follow each other (its "layered" algorithm). */
export function toElk({ nodes, edges }: Shown, direction: Direction, many = nodes.length > MANY): ElkNode {
  const root: ElkNode = {
    id: "root",
    layoutOptions: {
      "elk.algorithm": "layered",
      "elk.direction": direction === "right" ? "RIGHT" : "DOWN",
      "elk.hierarchyHandling": "INCLUDE_CHILDREN",
      "elk.json.edgeCoords": "ROOT",
      "elk.edgeRouting": many ? "POLYLINE" : "ORTHOGONAL",
      "elk.layered.layering.strategy": many ? "LONGEST_PATH_SOURCE" : "NETWORK_SIMPLEX",
      "elk.layered.nodePlacement.strategy": many ? "BRANDES_KOEPF" : "NETWORK_SIMPLEX",
      "elk.layered.mergeEdges": "true",
      "elk.layered.thoroughness": many ? "2" : "7",
      "elk.layered.considerModelOrder.strategy": "PREFER_NODES",
      "elk.layered.spacing.nodeNodeBetweenLayers": "44",
      "elk.layered.spacing.edgeNodeBetweenLayers": "16",
      "elk.spacing.nodeNode": "18",
    },
    children: [],
    edges: edges.map(
      ({ id, source, target, label }): ElkExtendedEdge => ({
        id,
        sources: [source],
        targets: [target],
        ...(label ? { labels: [{ text: label, width: Math.min(WIDEST, label.length * LETTER + 8), height: 18 }] } : {}),
      }),
    ),
  };
  const made = new Map<string, ElkNode>();
  for (const node of nodes) {
    const one = elkNode(node);
    made.set(node.id, one);
    const parent = (node.parent !== null && made.get(node.parent)) || root;
    parent.children = [...(parent.children ?? []), one];
  }
  return root;
}

function elkNode(node: ShownNode): ElkNode {
  const width = Math.min(WIDEST, Math.max(NARROWEST, node.label.length * LETTER + BESIDE_TEXT));
  if (!node.group || node.folded) return { id: node.id, width, height: HEIGHT };
  return {
    id: node.id,
    layoutOptions: {
      "elk.padding": `[top=${GROUP_HEAD},left=${GROUP_EDGE},bottom=${GROUP_EDGE},right=${GROUP_EDGE}]`,
      "elk.nodeSize.constraints": "MINIMUM_SIZE",
      "elk.nodeSize.minimum": `(${width},${HEIGHT})`,
    },
  };
}

/** Where all is, from what ELK answers. */
export function fromElk(root: ElkNode): Layout {
  const layout: Layout = { nodes: new Map(), edges: new Map() };
  const walk = (node: ElkNode) => {
    for (const { id, x = 0, y = 0, width = 0, height = 0, ...child } of node.children ?? []) {
      layout.nodes.set(id, { x, y, width, height });
      walk({ id, ...child });
    }
  };
  walk(root);
  for (const edge of root.edges ?? []) {
    const points = (edge.sections ?? []).flatMap(({ startPoint, bendPoints, endPoint }) => [
      startPoint,
      ...(bendPoints ?? []),
      endPoint,
    ]);
    const label = edge.labels?.[0];
    layout.edges.set(edge.id ?? "", {
      points,
      label: label ? { x: (label.x ?? 0) + (label.width ?? 0) / 2, y: (label.y ?? 0) + (label.height ?? 0) / 2 } : null,
    });
  }
  return layout;
}

const BEND = 8;

/** An SVG path through these points, with rounded bends. */
export function pathOf(points: Point[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let path = `M${at(first)}`;
  rest.forEach((point, nth) => {
    const before = points[nth] as Point;
    const after = rest[nth + 1];
    if (!after) path += `L${at(point)}`;
    else path += `L${at(towards(point, before))}Q${at(point)} ${at(towards(point, after))}`;
  });
  return path;
}

function at({ x, y }: Point): string {
  return `${round(x)},${round(y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A little way from one point to another. */
function towards(from: Point, to: Point): Point {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const far = Math.hypot(dx, dy) || 1;
  const part = Math.min(BEND, far / 2) / far;
  return { x: from.x + dx * part, y: from.y + dy * part };
}

/** The node that an arrow key leads to: the nearest in that direction, by where their middles are. */
export function nearest(boxes: Map<string, Box>, from: string, key: string): string | null {
  const start = boxes.get(from);
  const [dx, dy] = ARROWS[key] ?? [0, 0];
  if (!start || (dx === 0 && dy === 0)) return null;
  const origin = middle(start);
  let found: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const [id, box] of boxes) {
    const { x, y } = middle(box);
    const ahead = (x - origin.x) * dx + (y - origin.y) * dy;
    const aside = Math.abs((x - origin.x) * dy) + Math.abs((y - origin.y) * dx);
    // What is more aside than ahead is rather in another direction.
    const far = ahead + 2 * aside;
    if (id !== from && ahead > 1 && far < least) {
      least = far;
      found = id;
    }
  }
  return found;
}

const ARROWS: Record<string, [number, number]> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
};

function middle({ x, y, width, height }: Box): Point {
  return { x: x + width / 2, y: y + height / 2 };
}

const MARGIN = 24;
/** A graph that would be smaller than this as a whole is shown from its beginning. */
const SMALLEST = 0.2;
const READABLE = 0.7;

/** How far a graph goes from where it begins, at 0. */
export function extentOf(boxes: Map<string, Box>): { right: number; bottom: number } {
  let [right, bottom] = [1, 1];
  for (const box of boxes.values()) {
    right = Math.max(right, box.x + box.width);
    bottom = Math.max(bottom, box.y + box.height);
  }
  return { right, bottom };
}

/** Whether something of it is beyond the edges of the surface, as that was moved (x, y) and zoomed. */
export function isBeyond(
  { right, bottom }: { right: number; bottom: number },
  [x, y, zoom]: [number, number, number],
  { width, height }: { width: number; height: number },
): boolean {
  return x < 0 || y < 0 || x + right * zoom > width || y + bottom * zoom > height;
}

/** How a graph is shown at first, on a surface of that size: all of it, in the middle, and no larger than life. */
export function firstView(boxes: Map<string, Box>, { width, height }: { width: number; height: number }) {
  const { right, bottom } = extentOf(boxes);
  const fit = Math.min((width - 2 * MARGIN) / right, (height - 2 * MARGIN) / bottom, 1);
  const zoom = fit < SMALLEST ? READABLE : fit;
  return {
    x: Math.max(MARGIN, (width - right * zoom) / 2),
    y: Math.max(MARGIN, (height - bottom * zoom) / 2),
    zoom,
  };
}
