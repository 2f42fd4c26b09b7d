import { TextInput, type TextInputProps } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useFilters } from "~/filters";

interface Props extends Omit<TextInputProps, "value" | "onChange" | "label" | "name"> {
  /** Of the filter in the address. */
  name: string;
  label: string;
}

/** A text that a list is narrowed to: in the address a moment after it was typed. */
export function Search({ name, label, ...more }: Props) {
  const filters = useFilters();
  const there = filters.one(name);
  const [text, setText] = useState(there);
  const written = useRef(there);
  const write = useDebouncedCallback((wanted: string) => {
    written.current = wanted.trim();
    filters.set({ [name]: wanted.trim() });
  }, 200);
  useEffect(() => {
    // Somebody else has changed the address: it was not what is typed here.
    if (there !== written.current) {
      written.current = there;
      setText(there);
    }
  }, [there]);
  return (
    <TextInput
      size="xs"
      w={200}
      leftSection={<IconSearch size={14} />}
      placeholder={label}
      aria-label={label}
      {...more}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        write(event.currentTarget.value);
      }}
    />
  );
}
