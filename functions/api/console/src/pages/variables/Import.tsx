import { Alert, Button, Drawer, FileInput, Group, Radio, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schema } from "~/api/client";
import { Problem } from "~/components/Problem";
import { allVariables } from "./all";
import { type Entry, FileError, masked, readFile } from "./file";

const MEGABYTES = 8;
/** Variables that are sent at once. */
const BATCH = 200;

interface Plan {
  fresh: Entry[];
  there: Entry[];
  /** What has no secret to keep. */
  hollow: Entry[];
}

/** Reads Variables from a file: what there is is told first, and then decided. */
export function Import({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [plan, setPlan] = useState<Plan | null>(null);
  const [existing, setExisting] = useState("overwrite");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const guarded = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const read = (file: File | null) =>
    guarded(async () => {
      setPlan(null);
      if (file === null) return;
      if (file.size > MEGABYTES * 2 ** 20) {
        throw new Error(t("variables.import.tooLarge", { file: file.name, size: MEGABYTES }));
      }
      try {
        setPlan(planned(readFile(await file.text()), new Set((await allVariables()).map((one) => one.key))));
      } catch (problem) {
        if (!(problem instanceof FileError)) throw problem;
        const named = { file: file.name, why: "", key: "", ...problem.named };
        throw new Error(t(`variables.import.${problem.reason}`, named));
      }
    });
  const entries = plan ? [...plan.fresh, ...(existing === "overwrite" ? plan.there : [])] : [];
  const send = () =>
    guarded(async () => {
      let done = 0;
      try {
        for (let from = 0; from < entries.length; from += BATCH) {
          done += await put(entries.slice(from, from + BATCH), plan?.there ?? []);
        }
      } finally {
        await queries.invalidateQueries({ queryKey: ["get", "/api/v2/variables"] });
      }
      notifications.show({ message: t("variables.import.done", { count: done }) });
      onClose();
    });
  return (
    <Drawer opened onClose={onClose} position="right" size="lg" title={t("variables.import.title")}>
      <Stack gap="sm">
        {error ? <Problem error={error} /> : null}
        <FileInput
          label={t("variables.import.file")}
          description={t("variables.import.hint")}
          placeholder={t("variables.import.choose")}
          accept="application/json,.json"
          data-autofocus
          onChange={(file) => void read(file)}
        />
        {plan ? <Told plan={plan} existing={existing} onExisting={setExisting} /> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t("common.actions.cancel")}
          </Button>
          <Button disabled={entries.length === 0} loading={busy} onClick={() => void send()}>
            {t("variables.import.label")}
          </Button>
        </Group>
      </Stack>
    </Drawer>
  );
}

function Told({ plan, existing, onExisting }: { plan: Plan; existing: string; onExisting: (value: string) => void }) {
  const { t } = useTranslation();
  const { fresh, there, hollow } = plan;
  const all = fresh.length + there.length + hollow.length;
  return (
    <Stack gap="xs" role="status">
      <Text size="sm">
        {all ? t("variables.import.found", { count: all }) : t("variables.import.nothing")}{" "}
        {fresh.length ? t("variables.import.fresh", { count: fresh.length }) : ""}
      </Text>
      {hollow.length ? (
        <Alert color="yellow">
          {t("variables.import.masked", { count: hollow.length, keys: hollow.map((one) => one.key).join(", ") })}
        </Alert>
      ) : null}
      {there.length ? (
        <Radio.Group
          label={t("variables.import.there", { count: there.length })}
          value={existing}
          onChange={onExisting}
        >
          <Stack gap={6} mt={4}>
            <Radio value="overwrite" label={t("variables.import.overwrite")} />
            <Radio value="skip" label={t("variables.import.skip")} />
          </Stack>
        </Radio.Group>
      ) : null}
    </Stack>
  );
}

function planned(entries: Entry[], keys: Set<string>): Plan {
  const fresh = entries.filter((one) => !keys.has(one.key));
  return {
    fresh: fresh.filter((one) => !masked(one.value)),
    there: entries.filter((one) => keys.has(one.key)),
    hollow: fresh.filter((one) => masked(one.value)),
  };
}

/** Sends some of them; how many were taken. What is there is updated, so that a secret that the file hides stays. */
async function put(entries: Entry[], there: Entry[]): Promise<number> {
  const known = new Set(there.map((one) => one.key));
  const bodies = entries.map((one) => ({ ...one, value: one.value as Schema["VariableBody"]["value"] }));
  const { data } = await api.PATCH("/api/v2/variables", {
    body: {
      actions: [
        {
          action: "create",
          entities: bodies.filter((one) => !known.has(one.key)),
          action_on_existence: "fail",
        },
        {
          action: "update",
          entities: bodies.filter((one) => known.has(one.key)),
          action_on_non_existence: "fail",
        },
      ],
    },
  });
  const results = [data?.create, data?.update];
  const errors = results.flatMap((one) => one?.errors ?? []).map((one) => String(one.error));
  if (errors.length) throw new Error(errors.join("\n"));
  return results.reduce((sum, one) => sum + (one?.success?.length ?? 0), 0);
}
