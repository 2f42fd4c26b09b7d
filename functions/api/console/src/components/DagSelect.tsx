import { Select, type SelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { $api } from "~/api/client";
import { pattern } from "~/filters";

interface Props extends Omit<SelectProps, "value" | "onChange" | "data"> {
  /** Of the DAG that is chosen; empty for none. */
  value?: string;
  onChange: (dagId: string) => void;
}

/** A DAG, found by a part of its name among any number of them. */
export function DagSelect({ value = "", onChange, ...more }: Props) {
  const [text, setText] = useState("");
  const [wanted] = useDebouncedValue(text.trim(), 150);
  const query = $api.useQuery(
    "get",
    "/api/v2/dags",
    {
      params: {
        query: {
          limit: 50,
          order_by: ["dag_display_name"],
          dag_display_name_pattern: wanted === value ? undefined : pattern(wanted),
        },
      },
    },
    { placeholderData: keepPreviousData },
  );
  const found = (query.data?.dags ?? []).map((dag) => ({ value: dag.dag_id, label: dag.dag_display_name }));
  // One that is gone, or not among those found, is still what was chosen.
  const data = value && !found.some((one) => one.value === value) ? [{ value, label: value }, ...found] : found;
  return (
    <Select
      clearable
      {...more}
      searchable
      data={data}
      filter={({ options }) => options}
      value={value || null}
      onChange={(chosen) => onChange(chosen ?? "")}
      onSearchChange={setText}
    />
  );
}
