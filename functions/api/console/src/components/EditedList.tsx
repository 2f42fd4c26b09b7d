import { Button, Group, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useDialog } from "~/dialogs";
import { useFilters } from "~/filters";
import { Head } from "./Head";
import { Loaded } from "./Loaded";
import { Pager } from "./Pager";
import { Search } from "./Search";

/** How many are on a page. */
export const PAGE = 50;

interface Props<T> {
  title: string;
  query: UseQueryResult<T, unknown>;
  /** So many, in words. */
  count: (total: number) => string;
  /** Whether somebody may change them. */
  may: boolean;
  /** What its button says that makes another. */
  add: string;
  /** Further buttons. */
  buttons?: ReactNode;
  /** What the search asks for; without it there is none. */
  search?: string;
  /** What stands there when there are none at all. */
  none: string;
  list: (found: T, edit: (name: string) => void) => ReactNode;
  create: (onClose: () => void) => ReactNode;
  edit: (name: string, onClose: () => void) => ReactNode;
}

/** A list whose members are made, edited and deleted: the frame of Variables, connections, pools and users. */
export function EditedList<T extends { total_entries: number }>(props: Props<T>) {
  const { query, may } = props;
  const { t } = useTranslation();
  const filters = useFilters();
  const [creates, create, closeCreate] = useDialog("create");
  const [edited, edit, closeEdit] = useDialog("edit");
  return (
    <Stack gap="sm">
      <Head title={props.title} count={query.data && props.count(query.data.total_entries)}>
        {props.buttons}
        {may ? (
          <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => create("true")}>
            {props.add}
          </Button>
        ) : null}
      </Head>
      {props.search ? (
        <Group gap="xs">
          <Search name="search" label={props.search} />
        </Group>
      ) : null}
      <Loaded query={query} lines={8}>
        {(found) => (
          <>
            {found.total_entries > 0 ? (
              props.list(found, edit)
            ) : (
              <Text>{filters.one("search") ? t("common.empty.filtered") : props.none}</Text>
            )}
            <Pager
              offset={filters.number("offset")}
              limit={PAGE}
              total={found.total_entries}
              onMove={(to) => filters.set({ offset: String(to) })}
            />
          </>
        )}
      </Loaded>
      {creates && may ? props.create(closeCreate) : null}
      {edited && may ? props.edit(edited, closeEdit) : null}
    </Stack>
  );
}
