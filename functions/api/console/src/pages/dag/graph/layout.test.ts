import ELK from "elkjs/lib/elk.bundled.js";
import { describe, expect, it } from "vitest";
import { firstView, fromElk, isBeyond, nearest, pathOf, toElk } from "./layout";

const shown = {
  nodes: [
    { id: "a", label: "a", parent: null, tasks: ["a"] },
    {
      id: "g",
      label: "g",
      parent: null,
      group: { group_id: "g", parent_id: null, label: "g", tooltip: null, is_mapped: false },
      folded: false,
      tasks: ["g.b"],
    },
    { id: "g.b", label: "b", parent: "g", tasks: ["g.b"] },
  ],
  edges: [{ id: "e", source: "a", target: "g.b", label: "yes" }],
};

describe("a layout by ELK", () => {
  it("puts what comes after to the right, in its group, and the label on the edge", async () => {
    const layout = fromElk(await new ELK().layout(toElk(shown, "right")));
    const [a, g, b] = ["a", "g", "g.b"].map((id) => layout.nodes.get(id));
    const edge = layout.edges.get("e");
    if (!a || !g || !b || !edge?.label) throw new Error("something is missing");
    expect(g.x).toBeGreaterThan(a.x + a.width);
    expect(g.width).toBeGreaterThan(b.width);
    expect(b.y).toBeGreaterThan(30); // below the name of the group
    expect(edge.points[0]?.x).toBeCloseTo(a.x + a.width, 0);
    expect(edge.points.at(-1)?.x).toBeCloseTo(g.x + b.x, 0);
    expect(edge.label.x).toBeGreaterThan(a.x + a.width);
    expect(edge.label.x).toBeLessThan(g.x + b.x);
  });

  it("or below", async () => {
    const { nodes } = fromElk(await new ELK().layout(toElk(shown, "down")));
    expect(nodes.get("g")?.y).toBeGreaterThan((nodes.get("a")?.y ?? 0) + 44);
  });
});

it("a path has rounded bends", () => {
  expect(
    pathOf([
      { x: 0, y: 0 },
      { x: 20, y: 0 },
      { x: 20, y: 40 },
    ]),
  ).toBe("M0,0L12,0Q20,0 20,8L20,40");
});

describe("an arrow key", () => {
  const box = (x: number, y: number) => ({ x, y, width: 10, height: 10 });
  const boxes = new Map([
    ["a", box(0, 0)],
    ["b", box(100, 0)],
    ["c", box(100, 50)],
    ["d", box(200, 0)],
  ]);
  it.each([
    ["a", "ArrowRight", "b"],
    ["b", "ArrowDown", "c"],
    ["d", "ArrowLeft", "b"],
    ["a", "ArrowLeft", null],
    ["a", "x", null],
  ])("from %s, %s leads to %s", (from, key, expected) => {
    expect(nearest(boxes, from, key)).toBe(expected);
  });
});

describe("the first view", () => {
  const surface = { width: 1048, height: 448 };
  const one = (width: number, height: number) => new Map([["a", { x: 0, y: 0, width, height }]]);

  it("has all in the middle, and nothing larger than life", () => {
    expect(firstView(one(100, 40), surface)).toEqual({ x: 474, y: 204, zoom: 1 });
    expect(firstView(one(2000, 400), surface)).toEqual({ x: 24, y: 124, zoom: 0.5 });
  });

  it("needs no map while all of it is seen", () => {
    const extent = { right: 900, bottom: 400 };
    const { x, y, zoom } = firstView(one(900, 400), surface);
    expect(isBeyond(extent, [x, y, zoom], surface)).toBe(false);
    expect(isBeyond(extent, [x + 200, y, zoom], surface)).toBe(true);
    expect(isBeyond(extent, [x, y, zoom * 2], surface)).toBe(true);
  });

  it("begins with the beginning where all would be too small", () => {
    expect(firstView(one(100, 9000), surface)).toEqual({ x: 489, y: 24, zoom: 0.7 });
  });
});
