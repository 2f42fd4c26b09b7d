import { NumberInput, Radio, SimpleGrid, Stack, Switch, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { $api, api, type Schema } from "~/api/client";
import { serverNow } from "~/api/clock";
import { Confirm } from "~/components/Confirm";
import { DagSelect } from "~/components/DagSelect";
import { FormDialog } from "~/components/FormDialog";
import { useObjectRule } from "~/components/useObjectRule";
import { readObject } from "~/json";
import { links } from "~/links";
import { Preview } from "./Preview";
import { dayAgo, rangeOf, withTime } from "./range";

type Body = Schema["BackfillPostBody"];
const MOST = 1000;
const REPROCESS = { none: "reprocessNone", failed: "reprocessFailed", completed: "reprocessCompleted" } as const;

/** Makes a backfill; what it will do is shown before. */
export function Create({ dagId, onClose }: { dagId: string; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const made = useRef<number | null>(null);
  const [huge, setHuge] = useState<{ count: number; decide: (yes: boolean) => void } | null>(null);
  const foreseen = useRef<Schema["BackfillIntervals"] | null>(null);
  const wrong = useObjectRule();
  const form = useForm({
    initialValues: {
      dag_id: dagId,
      from: dayAgo(serverNow(), 7, "UTC"),
      to: dayAgo(serverNow(), 1, "UTC"),
      timed: false,
      run_backwards: false,
      max_active_runs: 10 as number | string,
      reprocess_behavior: "none" as Body["reprocess_behavior"],
      conf: "",
    },
    validateInputOnBlur: true,
    validate: {
      dag_id: (value) => (value ? null : t("forms.required")),
      from: (from) => (from ? null : t("forms.required")),
      to: (to, { from }) => (!to ? t("forms.required") : to < from ? t("backfills.form.order") : null),
      max_active_runs: (value) =>
        Number(value) >= 1 && Number(value) <= MOST ? null : t("backfills.form.between", { most: MOST }),
      conf: wrong,
    },
  });
  const { dag_id, from, to, timed } = form.values;
  const details = $api.useQuery(
    "get",
    "/api/v2/dags/{dag_id}/details",
    { params: { path: { dag_id } } },
    { enabled: Boolean(dag_id) },
  );
  const zone = details.data?.timezone ?? "UTC";
  const body = (): Body | null => {
    const { run_backwards, reprocess_behavior, max_active_runs, conf } = form.values;
    const range = rangeOf(from, to, zone);
    if (!range || !dag_id || !details.data) return null;
    const dag_run_conf = readObject(conf) ?? {};
    const most = { max_active_runs: Number(max_active_runs) };
    return { dag_id, ...range, run_backwards, reprocess_behavior, ...most, dag_run_conf, confirm: false };
  };
  const foresee = async (body: Body) => {
    const { data } = await api.POST("/api/v2/backfills/dry_run", { body });
    return data?.intervals ?? { count: 0, more: false };
  };
  const save = async () => {
    const wanted = body();
    if (!wanted) return false;
    const { count, more } = foreseen.current ?? (await foresee(wanted));
    const confirm = more && (await new Promise<boolean>((decide) => setHuge({ count, decide })));
    setHuge(null);
    if (more && !confirm) return false;
    const { data } = await api.POST("/api/v2/backfills", { body: { ...wanted, confirm } });
    made.current = data?.id ?? null;
    return queries.invalidateQueries({ queryKey: ["get", "/api/v2/backfills"] });
  };
  const dates = { type: timed ? "datetime-local" : "date", withAsterisk: true };
  return (
    <>
      <FormDialog
        title={t("backfills.create")}
        form={form}
        label={t("backfills.form.start")}
        onSave={save}
        onClose={() => (made.current === null ? onClose() : void navigate(links.backfill(made.current)))}
      >
        <DagSelect
          label={t("backfills.dag")}
          withAsterisk
          openOnFocus={false}
          data-autofocus={dagId ? undefined : true}
          {...form.getInputProps("dag_id")}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          <TextInput
            {...dates}
            label={`${t("backfills.form.from")} (${zone})`}
            data-autofocus={dagId ? true : undefined}
            {...form.getInputProps("from")}
          />
          <TextInput {...dates} label={`${t("backfills.form.to")} (${zone})`} {...form.getInputProps("to")} />
        </SimpleGrid>
        <Text size="xs">{t(timed ? "backfills.form.datesTimed" : "backfills.form.dates")}</Text>
        <Switch
          label={t("backfills.form.timed")}
          checked={timed}
          onChange={(event) => {
            const timed = event.currentTarget.checked;
            form.setValues({ timed, from: withTime(from, timed, "00:00"), to: withTime(to, timed, "23:59") });
          }}
        />
        <Radio.Group label={t("backfills.form.reprocess")} {...form.getInputProps("reprocess_behavior")}>
          <Stack gap={6} mt={4}>
            {Object.entries(REPROCESS).map(([value, label]) => (
              <Radio key={value} value={value} label={t(`backfills.form.${label}`)} />
            ))}
          </Stack>
        </Radio.Group>
        <NumberInput
          label={t("backfills.form.maxActive")}
          min={1}
          max={MOST}
          allowDecimal={false}
          maw={260}
          {...form.getInputProps("max_active_runs")}
        />
        <Switch label={t("backfills.form.reverse")} {...form.getInputProps("run_backwards", { type: "checkbox" })} />
        <Textarea
          label={t("backfills.form.conf")}
          classNames={{ input: "mono" }}
          placeholder="{}"
          autosize
          minRows={2}
          maxRows={12}
          spellCheck={false}
          {...form.getInputProps("conf")}
        />
        <Preview
          body={Object.keys(form.errors).length ? null : body()}
          zone={zone}
          onFound={(intervals) => {
            foreseen.current = intervals;
          }}
        />
      </FormDialog>
      {huge ? (
        <Confirm
          title={t("backfills.huge.title")}
          label={t("backfills.huge.label")}
          onConfirm={async () => huge.decide(true)}
          onClose={() => huge.decide(false)}
        >
          <Text size="sm">{t("backfills.huge.hint", { count: huge.count })}</Text>
        </Confirm>
      ) : null}
    </>
  );
}
