import { ActionIcon, Group, NumberInput, Select, Text, TextInput, Tooltip } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import {
  IconArrowBarDown,
  IconArrowBarToDown,
  IconArrowBarToUp,
  IconChevronDown,
  IconChevronUp,
  IconClock,
  IconDownload,
  IconSearch,
  IconTextWrap,
} from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFilters } from "~/filters";
import { MOST } from "./find";
import type { LogOptions } from "./options";

const LEVELS = { info: "2", warning: "3", error: "4" } as const;
type LevelName = keyof typeof LEVELS;

interface Props {
  options: LogOptions;
  found: { count: number; place: number; over: boolean };
  onNext: (step: 1 | -1) => void;
  onGo: (to: "top" | "bottom") => void;
  onLine: (line: number) => void;
  /** Undefined where nothing comes any more. */
  follows: boolean | undefined;
  onFollow: () => void;
  onDownload: () => void;
  downloading: boolean;
}

/** What narrows a log, finds something in it, and goes somewhere. */
export function LogTools(props: Props) {
  const { t } = useTranslation();
  const filters = useFilters();
  const { options } = props;
  return (
    <Group gap={6}>
      <Select
        size="xs"
        w={190}
        aria-label={t("logs.level")}
        data={[
          { value: "0", label: t("logs.levels.all") },
          ...(Object.keys(LEVELS) as LevelName[]).map((name) => ({
            value: LEVELS[name] as string,
            label: t(`logs.levels.${name}`),
          })),
        ]}
        value={String(options.level)}
        onChange={(level) => filters.set({ level: level === "0" ? null : level })}
        allowDeselect={false}
      />
      <Find {...props} />
      <Line onLine={props.onLine} />
      <Group gap={4} wrap="nowrap">
        <Tool
          label={t("logs.times")}
          pressed={options.times}
          onClick={() => filters.set({ times: options.times ? "no" : "yes" })}
        >
          <IconClock size={16} />
        </Tool>
        <Tool
          label={t("logs.wrap")}
          pressed={options.wrap}
          onClick={() => filters.set({ wrap: options.wrap ? "no" : "yes" })}
        >
          <IconTextWrap size={16} />
        </Tool>
        <Tool label={t("logs.top")} onClick={() => props.onGo("top")}>
          <IconArrowBarToUp size={16} />
        </Tool>
        <Tool label={t("logs.bottom")} onClick={() => props.onGo("bottom")}>
          <IconArrowBarToDown size={16} />
        </Tool>
        {props.follows === undefined ? null : (
          <Tool label={t("logs.follow")} pressed={props.follows} onClick={props.onFollow}>
            <IconArrowBarDown size={16} />
          </Tool>
        )}
        <Tool label={t("logs.download")} loading={props.downloading} onClick={props.onDownload}>
          <IconDownload size={16} />
        </Tool>
      </Group>
    </Group>
  );
}

function Find({ options, found, onNext }: Props) {
  const { t } = useTranslation();
  const filters = useFilters();
  const [text, setText] = useState(options.find);
  const look = useDebouncedCallback((find: string) => filters.set({ find }), 250);
  const total = found.count >= MOST ? `${MOST}+` : found.count;
  return (
    <Group gap={4} wrap="nowrap">
      <TextInput
        size="xs"
        w={170}
        leftSection={<IconSearch size={14} />}
        aria-label={t("logs.find")}
        placeholder={t("logs.find")}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          look(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") onNext(event.shiftKey ? -1 : 1);
        }}
      />
      <Tool label={t("logs.previous")} disabled={!found.count} onClick={() => onNext(-1)}>
        <IconChevronUp size={16} />
      </Tool>
      <Tool label={t("logs.next")} disabled={!found.count} onClick={() => onNext(1)}>
        <IconChevronDown size={16} />
      </Tool>
      <Text size="xs" role="status" style={{ whiteSpace: "nowrap" }}>
        {options.find
          ? found.count
            ? t("logs.found", { place: found.place + 1, total })
            : t(found.over ? "logs.foundNone" : "logs.looking")
          : ""}
      </Text>
    </Group>
  );
}

function Line({ onLine }: { onLine: (line: number) => void }) {
  const { t } = useTranslation();
  const [line, setLine] = useState<number | string>("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (Number(line) >= 1) onLine(Number(line));
      }}
    >
      <NumberInput
        size="xs"
        w={80}
        hideControls
        allowDecimal={false}
        allowNegative={false}
        aria-label={t("logs.goToHint")}
        placeholder={t("logs.goTo")}
        value={line}
        onChange={setLine}
      />
    </form>
  );
}

interface ToolProps {
  label: string;
  pressed?: boolean;
  disabled?: boolean;
  loading?: boolean;
  onClick: () => void;
  children: ReactNode;
}

function Tool({ label, pressed, children, ...button }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={pressed ? "filled" : "default"}
        aria-label={label}
        {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
        {...button}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
