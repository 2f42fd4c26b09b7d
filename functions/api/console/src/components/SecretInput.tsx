import { Button, Group, PasswordInput, Text, Textarea } from "@mantine/core";
import { useTranslation } from "react-i18next";

interface Props {
  label: string;
  /** Whether there is a secret, which is not shown. */
  kept: boolean;
  /** What is typed; null for taking away what there is. */
  value: string | null;
  onChange: (value: string | null) => void;
  /** Whether it has several lines. */
  lines?: boolean;
  error?: React.ReactNode;
}

/** A secret that can be written and never read: left empty, it stays. */
export function SecretInput({ label, kept, value, onChange, lines = false, error }: Props) {
  const { t } = useTranslation();
  if (value === null) {
    return (
      <Group gap="xs" role="group" aria-label={label}>
        <Text size="sm" fw={500}>
          {label}
        </Text>
        <Text size="sm">{t("connections.form.removed")}</Text>
        <Button size="compact-xs" variant="default" onClick={() => onChange("")}>
          {t("connections.form.keep")}
        </Button>
      </Group>
    );
  }
  const common = {
    label,
    value,
    error,
    placeholder: kept ? t("connections.form.kept") : undefined,
    onChange: (event: React.ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => onChange(event.currentTarget.value),
    spellCheck: false,
  };
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      {lines ? (
        <Textarea {...common} flex={1} classNames={{ input: "mono" }} autosize minRows={2} maxRows={12} />
      ) : (
        <PasswordInput {...common} flex={1} autoComplete="new-password" />
      )}
      {kept && value === "" ? (
        <Button
          variant="default"
          aria-label={`${t("connections.form.remove")}: ${label}`}
          onClick={() => onChange(null)}
        >
          {t("connections.form.remove")}
        </Button>
      ) : null}
    </Group>
  );
}
