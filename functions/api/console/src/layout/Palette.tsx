import { Combobox, Modal, ScrollArea, Text, TextInput, useCombobox, VisuallyHidden } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { $api } from "~/api/client";
import { useSession } from "~/api/session";
import { pattern } from "~/filters";
import { links } from "~/links";
import { ENTRIES } from "./Shell";

const SHOWN = 20;

/** Goes to any page or DAG by a part of its name. */
export function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { me } = useSession();
  const navigate = useNavigate();
  const combobox = useCombobox({ opened: true });
  const [text, setText] = useState("");
  const [wanted] = useDebouncedValue(text.trim(), 120);
  const dags = $api.useQuery(
    "get",
    "/api/v2/dags",
    { params: { query: { limit: SHOWN, dag_display_name_pattern: pattern(wanted) } } },
    { placeholderData: keepPreviousData },
  );
  const pages = ENTRIES.filter((entry) => !entry.needs || me?.permissions.includes(entry.needs))
    .map((entry) => ({ to: entry.to, label: t(`common.nav.${entry.name}`) }))
    .filter((entry) => entry.label.toLowerCase().includes(text.trim().toLowerCase()));
  const found = (dags.data?.dags ?? []).map((dag) => ({ to: links.dag(dag.dag_id), label: dag.dag_display_name }));
  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size="lg"
      aria-label={t("common.palette.placeholder")}
      yOffset="10vh"
    >
      <Combobox
        store={combobox}
        onOptionSubmit={(to) => {
          onClose();
          void navigate(to);
        }}
        withinPortal={false}
      >
        <Combobox.EventsTarget>
          <TextInput
            data-autofocus
            size="md"
            variant="unstyled"
            px="md"
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
              combobox.selectFirstOption();
            }}
            placeholder={t("common.palette.placeholder")}
            aria-label={t("common.palette.placeholder")}
          />
        </Combobox.EventsTarget>
        <Combobox.Options aria-label={t("common.palette.placeholder")}>
          <ScrollArea.Autosize mah="50vh" type="auto">
            {[...found, ...pages].map(({ to, label }) => (
              <Combobox.Option key={to} value={to} className="anywhere">
                {label}
              </Combobox.Option>
            ))}
          </ScrollArea.Autosize>
        </Combobox.Options>
        {found.length + pages.length === 0 && !dags.isFetching ? (
          <Text p="md" c="dimmed" role="status">
            {t("common.palette.nothing")}
          </Text>
        ) : (
          <VisuallyHidden role="status">{found.length + pages.length}</VisuallyHidden>
        )}
      </Combobox>
    </Modal>
  );
}
