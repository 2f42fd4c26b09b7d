import { Group, Input, SegmentedControl, Stack, Textarea, TextInput, Title } from "@mantine/core";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { serverNow } from "~/api/clock";
import { useShownZone } from "~/components/Time";
import { instantOf, wallOf } from "~/wallclock";
import type { Draft } from "./draft";
import type { Refused } from "./refused";

const WHENS = ["now", "at", "none"] as const;

interface Props {
  draft: Draft;
  denied: Refused["fields"];
  partitioned: boolean;
  onChange: (changes: Partial<Draft>) => void;
}

/** What a run has besides its configuration: a logical date, an id, a note. */
export function RunFields({ draft, denied, partitioned, onChange }: Props) {
  const { t } = useTranslation();
  const zone = useShownZone();
  const label = useId();
  const choose = (when: string) =>
    onChange({
      when: when as Draft["when"],
      ...(when === "at" && !draft.logicalDate ? { logicalDate: new Date(serverNow()).toISOString() } : {}),
    });
  return (
    <Stack gap="sm" component="section">
      <Title order={2} size="h5">
        {t("trigger.run")}
      </Title>
      <div>
        <Input.Label id={label} component="div">
          {t("trigger.when")}
        </Input.Label>
        <Group gap="sm" align="flex-end">
          <SegmentedControl
            aria-labelledby={label}
            value={draft.when}
            onChange={choose}
            data={WHENS.map((when) => ({ value: when, label: t(`trigger.whens.${when}`) }))}
          />
          {draft.when === "at" ? (
            <TextInput
              type="datetime-local"
              step={1}
              label={t("trigger.at", { zone })}
              value={wallOf(draft.logicalDate, zone)}
              onChange={(event) => onChange({ logicalDate: instantOf(event.currentTarget.value, zone) ?? "" })}
            />
          ) : null}
        </Group>
        {denied.logical_date ? <Input.Error mt={4}>{denied.logical_date}</Input.Error> : null}
      </div>
      <TextInput
        label={t("trigger.runId")}
        description={t("trigger.runIdHint")}
        maxLength={250}
        value={draft.runId}
        error={denied.dag_run_id}
        onChange={(event) => onChange({ runId: event.currentTarget.value })}
      />
      {partitioned ? (
        <TextInput
          label={t("trigger.partition")}
          value={draft.partition}
          error={denied.partition_key}
          onChange={(event) => onChange({ partition: event.currentTarget.value })}
        />
      ) : null}
      <Textarea
        label={t("trigger.note")}
        autosize
        minRows={1}
        maxRows={8}
        maxLength={1000}
        value={draft.note}
        error={denied.note}
        onChange={(event) => onChange({ note: event.currentTarget.value })}
      />
    </Stack>
  );
}
