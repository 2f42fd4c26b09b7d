import "@xyflow/react/dist/base.css";
import { ActionIcon, Group, useComputedColorScheme } from "@mantine/core";
import { IconMaximize, IconMinus, IconPlus } from "@tabler/icons-react";
import { Panel as Corner, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow, useStore } from "@xyflow/react";
import { type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { colorOf } from "~/components/State";
import { worst } from "~/states";
import { type BoxNode, FoldedBox, OpenBox, TaskBox } from "./Boxes";
import classes from "./Canvas.module.css";
import { GraphContext } from "./context";
import { type Box, extentOf, firstView, isBeyond, type Layout, nearest } from "./layout";
import type { Shown } from "./model";
import { Wires } from "./Wires";

const TYPES = { task: TaskBox, folded: FoldedBox, open: OpenBox };
/** Smaller than this there is nothing to read. */
const FAR = 0.45;
const CLOSE = 1;

interface Props {
  shown: Shown;
  layout: Layout;
  /** What has been folded or opened: it stays in view. */
  touched: string | null;
  children?: ReactNode;
}

/** The graph itself: to be moved, zoomed, and walked through by arrow keys. */
export function Canvas(props: Props) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  );
}

function Flow({ shown, layout, touched, children }: Props) {
  const { t } = useTranslation();
  const scheme = useComputedColorScheme();
  const shared = useContext(GraphContext);
  const far = useStore((store) => store.transform[2] < FAR);
  const boxes = useMemo(() => absolute(shown, layout), [shown, layout]);
  const extent = useMemo(() => extentOf(boxes), [boxes]);
  const beyond = useStore(({ transform, width, height }) => isBeyond(extent, transform, { width, height }));
  const nodes = useMemo(() => nodesOf(shown, layout), [shown, layout]);
  const [walked, setWalked] = useState<string | null>(null);
  const show = useShow(boxes);
  useFirstView(layout, boxes, shared.selected, touched, show);

  const walkable = useMemo(
    () => new Map([...boxes].filter(([id]) => shown.nodes.some((node) => node.id === id && node.folded !== false))),
    [boxes, shown],
  );
  const current = [walked, shared.selected, walkable.keys().next().value].find((id) => id && walkable.has(id)) ?? null;
  const onKeyDown = (event: React.KeyboardEvent) => {
    const from = (event.target as Element).closest("[data-box]")?.getAttribute("data-box");
    const to = from ? nearest(walkable, from, event.key) : null;
    if (to === null) return;
    event.preventDefault();
    setWalked(to);
    show(to, false);
    const box = event.currentTarget.querySelector<HTMLElement>(`[data-box="${CSS.escape(to)}"]`);
    box?.focus({ preventScroll: true });
  };
  const value = useMemo(() => ({ ...shared, current }), [shared, current]);
  return (
    <GraphContext value={value}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it has the keys of the buttons in it */}
      <div className={`${classes.canvas} ${far ? "brisa-far" : ""}`} onKeyDown={onKeyDown}>
        <ReactFlow<BoxNode>
          nodes={nodes}
          nodeTypes={TYPES}
          colorMode={scheme}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          zoomOnDoubleClick={false}
          minZoom={0.05}
          maxZoom={2}
          proOptions={{ hideAttribution: true }}
          aria-label={t("dag.graph.label")}
        >
          <Wires edges={shown.edges} layout={layout} selected={shared.selected} />
          <Corner position="bottom-left">
            <Zoom />
          </Corner>
          {beyond ? (
            <MiniMap<BoxNode>
              className={classes.map ?? ""}
              pannable
              zoomable
              ariaLabel={t("dag.graph.map")}
              nodeColor={(node) =>
                node.type === "open" ? "transparent" : colorOf(worst(shared.counts(node.data.shown.tasks)))
              }
              nodeStrokeColor={(node) => (node.type === "open" ? "var(--mantine-color-dimmed)" : "transparent")}
              nodeStrokeWidth={6}
            />
          ) : null}
        </ReactFlow>
        {children}
      </div>
    </GraphContext>
  );
}

function Zoom() {
  const { t } = useTranslation();
  const { zoomIn, zoomOut, fitView } = useReactFlow();
  const buttons = [
    { label: t("dag.graph.zoomIn"), icon: IconPlus, act: () => zoomIn() },
    { label: t("dag.graph.zoomOut"), icon: IconMinus, act: () => zoomOut() },
    { label: t("dag.graph.fit"), icon: IconMaximize, act: () => fitView({ padding: 0.05 }) },
  ];
  return (
    <Group gap={4}>
      {buttons.map(({ label, icon: Icon, act }) => (
        <ActionIcon key={label} variant="default" size="md" aria-label={label} title={label} onClick={() => void act()}>
          <Icon size={16} />
        </ActionIcon>
      ))}
    </Group>
  );
}

/** What brings a node into view, so that it can be read; nothing moves if that is so already, unless `anyway`. */
function useShow(boxes: Map<string, Box>) {
  const { getViewport, setCenter } = useReactFlow();
  const size = useRef({ width: 0, height: 0 });
  size.current = useStore(({ width, height }) => ({ width, height }), same);
  return useCallback(
    (id: string, anyway: boolean) => {
      const box = boxes.get(id);
      if (!box) return;
      const { x, y, zoom } = getViewport();
      const [left, top] = [box.x * zoom + x, box.y * zoom + y];
      const inside =
        left >= 0 &&
        top >= 0 &&
        left + box.width * zoom <= size.current.width &&
        top + box.height * zoom <= size.current.height;
      if (inside && zoom >= FAR && !anyway) return;
      const tall = box.height * CLOSE > size.current.height;
      const close = !tall && (anyway || zoom < FAR) ? Math.max(zoom, CLOSE) : zoom;
      void setCenter(box.x + box.width / 2, box.y + box.height / 2, { zoom: close, duration: 0 });
    },
    [boxes, getViewport, setCenter],
  );
}

function same(a: { width: number; height: number }, b: { width: number; height: number }): boolean {
  return a.width === b.width && a.height === b.height;
}

/** A new layout is shown as a whole, but for what somebody looks at: the task, or the group that was just touched. */
function useFirstView(
  layout: Layout,
  boxes: Map<string, Box>,
  selected: string | null,
  touched: string | null,
  show: (id: string, anyway: boolean) => void,
): void {
  const { setViewport } = useReactFlow();
  const size = useStore(({ width, height }) => ({ width, height }), same);
  const seen = useRef<Layout | null>(null);
  useEffect(() => {
    if (size.width === 0) return;
    const isNew = seen.current !== layout;
    const first = seen.current === null;
    seen.current = layout;
    if (selected !== null && boxes.has(selected)) show(selected, first);
    else if (isNew && !first && touched !== null && boxes.has(touched)) show(touched, false);
    else if (isNew) void setViewport(firstView(boxes, size));
  }, [layout, boxes, selected, touched, show, size, setViewport]);
}

function nodesOf(shown: Shown, layout: Layout): BoxNode[] {
  return shown.nodes.flatMap((node): BoxNode[] => {
    const box = layout.nodes.get(node.id);
    if (!box) return [];
    const { x, y, width, height } = box;
    return [
      {
        id: node.id,
        type: node.folded === undefined ? "task" : node.folded ? "folded" : "open",
        position: { x, y },
        width,
        height,
        data: { shown: node },
        ...(node.parent === null ? {} : { parentId: node.parent }),
      },
    ];
  });
}

/** Where everything is on the whole drawing. */
function absolute(shown: Shown, layout: Layout): Map<string, Box> {
  const found = new Map<string, Box>();
  for (const { id, parent } of shown.nodes) {
    const box = layout.nodes.get(id);
    const outer = parent === null ? undefined : found.get(parent);
    if (box) found.set(id, { ...box, x: box.x + (outer?.x ?? 0), y: box.y + (outer?.y ?? 0) });
  }
  return found;
}
