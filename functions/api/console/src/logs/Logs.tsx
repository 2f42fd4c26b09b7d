import { Group, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { Problem, useErrorWords } from "~/components/Problem";
import { useFilters } from "~/filters";
import { LogTools } from "./LogTools";
import { type LogHandle, LogView } from "./LogView";
import { useLogOptions } from "./options";
import type { Status } from "./reader";
import { LogText } from "./text";
import { download, type LogPlace, useLog } from "./useLog";
import { useSearch } from "./useSearch";

const EMPTY = new LogText();

interface Props {
  place: LogPlace;
  /** Whether the try is written to now. */
  live: boolean;
  /** Anything that is another when there may be more of it. */
  changed: unknown;
}

/** The log of one try of a task: read as far as it goes, followed while it grows, and searched. */
export function Logs({ place, live, changed }: Props) {
  const { t } = useTranslation();
  const filters = useFilters();
  const words = useErrorWords();
  const options = useLogOptions();
  const log = useLog(place, live, changed);
  const text = log?.text ?? EMPTY;
  const version = log?.version ?? 0;
  const view = useRef<LogHandle>(null);
  const lineTo = useLineTo();
  const [follows, setFollows] = useState(live && !options.line);
  const [current, setCurrent] = useState(-1);
  const [downloading, setDownloading] = useState(false);
  const search = useSearch(text, version, options.find, options.level);
  useLineInView(view, text, version, options.line);

  const { find } = options;
  const first = search.found[0];
  // biome-ignore lint/correctness/useExhaustiveDependencies: another search begins anew
  useEffect(() => setCurrent(-1), [find, options.level]);
  useEffect(() => {
    if (find && current < 0 && first !== undefined) {
      setCurrent(0);
      setFollows(false);
      view.current?.show(first);
    }
  }, [find, current, first]);
  const next = (step: 1 | -1) => {
    const count = search.found.length;
    if (count === 0) return;
    const place = (current + step + count) % count;
    setCurrent(place);
    setFollows(false);
    view.current?.show(search.found[place] ?? 0);
  };
  const save = async () => {
    setDownloading(true);
    try {
      await download(place);
    } catch (error) {
      notifications.show({ color: "red", title: t("common.error.title"), message: words(error) });
    } finally {
      setDownloading(false);
    }
  };
  return (
    <Stack gap="xs">
      <LogTools
        options={options}
        found={{ count: search.found.length, place: Math.max(0, current), over: search.over }}
        onNext={next}
        onGo={(to) => {
          setFollows(to === "bottom" && live);
          view.current?.go(to);
        }}
        onLine={(line) => filters.set({ line: String(line) })}
        follows={live ? follows : undefined}
        onFollow={() => setFollows(!follows)}
        onDownload={() => void save()}
        downloading={downloading}
      />
      {log?.error ? <Problem error={log.error} retry={log.retry} /> : null}
      <LogView
        ref={view}
        label={t("logs.region", { number: place.tryNumber })}
        text={text}
        version={version}
        level={options.level}
        times={options.times}
        wrap={options.wrap}
        wanted={find}
        current={search.found[current] ?? -1}
        target={options.line}
        lineTo={lineTo}
        follows={follows}
        onFollow={setFollows}
      />
      <Foot text={text} status={log?.status ?? "reading"} live={live} error={Boolean(log?.error)} />
    </Stack>
  );
}

/** How far it was read. */
function Foot({ text, status, live, error }: { text: LogText; status: Status; live: boolean; error: boolean }) {
  const { t } = useTranslation();
  const goesOn = error
    ? ""
    : status === "reading"
      ? t("logs.reading")
      : live && status === "waiting"
        ? t("logs.live")
        : "";
  return (
    <Group gap="xs" justify="space-between">
      <Text size="xs" role="status">
        {status === "over" && text.count === 0 ? t("logs.empty") : t("logs.lines", { count: text.lineCount })}
        {goesOn ? ` · ${goesOn}` : ""}
      </Text>
      {status === "full" ? <Text size="xs">{t("logs.full")}</Text> : null}
    </Group>
  );
}

/** Addresses of this log at a line. */
function useLineTo(): (line: number) => string {
  const [search] = useSearchParams();
  return (line) => {
    const params = new URLSearchParams(search);
    params.set("line", String(line));
    return `?${params}`;
  };
}

/** Brings the line that the address names into view, once it is there. */
function useLineInView(view: React.RefObject<LogHandle | null>, text: LogText, version: number, line: number): void {
  const shown = useRef(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each version there may be the line
  useEffect(() => {
    if (!line || shown.current === line) return;
    const piece = text.pieceOf(line);
    if (piece < 0) return;
    shown.current = line;
    view.current?.show(piece);
  }, [view, text, version, line]);
}
