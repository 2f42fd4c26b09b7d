import { Group, Kbd, Modal, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type en from "~/i18n/en";

const KEYS: [keyof typeof en.common.help, string[]][] = [
  ["palette", ["Ctrl K", "/"]],
  ["home", ["g h"]],
  ["dags", ["g d"]],
  ["runs", ["g r"]],
  ["theme", ["Ctrl J"]],
  ["help", ["?"]],
  ["close", ["Esc"]],
];

/** What can be done with the keyboard. */
export function Help({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("common.help.title")}
      closeButtonProps={{ "aria-label": t("common.actions.close") }}
    >
      <Table>
        <Table.Tbody>
          {KEYS.map(([name, keys]) => (
            <Table.Tr key={name}>
              <Table.Td>
                <Text size="sm">{t(`common.help.${name}`)}</Text>
              </Table.Td>
              <Table.Td>
                <Group gap={6}>
                  {keys.map((key) => (
                    <Kbd key={key}>{key}</Kbd>
                  ))}
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
