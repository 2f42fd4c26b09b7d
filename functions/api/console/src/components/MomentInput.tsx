import { TextInput, type TextInputProps } from "@mantine/core";
import { useEffect, useState } from "react";
import { instantOf, minuteOf } from "~/wallclock";
import { useShownZone } from "./Time";

interface Props extends Omit<TextInputProps, "value" | "onChange" | "label"> {
  label: string;
  /** ISO, in UTC; empty for none. */
  value: string;
  onChange: (iso: string) => void;
}

/** Asks for a moment, in the zone that times are shown in. */
export function MomentInput({ label, value, onChange, ...more }: Props) {
  const zone = useShownZone();
  const shown = minuteOf(value, zone);
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  return (
    <TextInput
      size="xs"
      w={195}
      {...more}
      type="datetime-local"
      label={`${label} (${zone})`}
      value={text}
      onChange={(event) => {
        const wall = event.currentTarget.value;
        setText(wall);
        const instant = instantOf(wall, zone);
        if (!wall || instant) onChange(instant ?? "");
      }}
    />
  );
}
