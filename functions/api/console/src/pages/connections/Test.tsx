import { Alert, Button, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { $api, api, type Schema } from "~/api/client";
import { Problem } from "~/components/Problem";

/** Tries a connection as it is in the form, saved or not, where the deployment allows that. */
export function useTest(body: () => Promise<Schema["ConnectionBody"] | null>) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [result, setResult] = useState<Schema["ConnectionTestResponse"] | null>(null);
  const config = $api.useQuery("get", "/api/v2/config", { params: { query: { section: "core" } } });
  const option = config.data?.sections[0]?.options.find((one) => one.key === "test_connection");
  const allowed = !config.data || String(option?.value).toLowerCase() === "enabled";
  const test = async () => {
    const wanted = await body();
    if (wanted === null) return;
    setBusy(true);
    setError(null);
    setResult(null);
    try {
      const { data } = await api.POST("/api/v2/connections/test", { body: wanted });
      setResult(data ?? null);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const button = (
    <Button variant="default" loading={busy} disabled={!allowed} onClick={() => void test()}>
      {t("connections.test.button")}
    </Button>
  );
  const told = (
    <Stack gap="xs" role="status">
      {error ? <Problem error={error} /> : null}
      {result ? (
        <Alert color={result.status ? "green" : "red"}>
          <Text size="sm" fw={600}>
            {t(`connections.test.${result.status ? "works" : "fails"}`)}
          </Text>
          <Text size="sm" className="anywhere">
            {result.message}
          </Text>
        </Alert>
      ) : null}
      {allowed ? null : <Text size="xs">{t("connections.test.off")}</Text>}
    </Stack>
  );
  return { button, told };
}
