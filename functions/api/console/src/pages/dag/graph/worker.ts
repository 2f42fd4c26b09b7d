import ELK from "elkjs/lib/elk-api";
import workerUrl from "elkjs/lib/elk-worker.min.js?url";
import { type Direction, fromElk, type Layout, toElk } from "./layout";
import type { Shown } from "./model";

/** ELK computes in a worker of its own: the page goes on meanwhile. Its code is loaded when this module is. */
const elk = new ELK({ workerFactory: () => new Worker(workerUrl) });

// The first layout takes twice as long as the others, as nothing is compiled yet: it is one of a small graph, while the
// page still waits for its own.
void elk.layout(toElk(small(), "right", true));

/** Four layers of three tasks, each after two of the layer before. */
function small(): Shown {
  const all = Array.from({ length: 12 }, (_, nth) => nth);
  return {
    nodes: all.map((nth) => ({ id: `${nth}`, label: "", parent: null, tasks: [] })),
    edges: all.slice(3).flatMap((nth) =>
      [nth - 3, nth - 2].map((before) => ({
        id: `${before} ${nth}`,
        source: `${before}`,
        target: `${nth}`,
        label: "",
      })),
    ),
  };
}

/** How long it took is told to the browser's own tools, as "layout". */
export async function layOut(shown: Shown, direction: Direction): Promise<Layout> {
  const start = performance.now();
  const layout = fromElk(await elk.layout(toElk(shown, direction)));
  performance.measure("layout", { start, detail: shown.nodes.length });
  return layout;
}
