import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "~/api/client";
import type { Me } from "~/api/session";
import { useWords } from "./Problem";

/** Name and password; a wrong one is told, and how long to wait after too many. */
export function LoginForm({ username = "", onDone }: { username?: string; onDone: (me: Me) => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState(username);
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const words = useWords(error);
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const { data } = await api.POST("/auth/login", { body: { username: name, password } });
      if (data) onDone(data);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack>
        <TextInput
          label={t("common.login.username")}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          autoComplete="username"
          required
          data-autofocus={username ? undefined : true}
        />
        <PasswordInput
          label={t("common.login.password")}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          autoComplete="current-password"
          required
          data-autofocus={username ? true : undefined}
        />
        {error ? (
          <Alert color="red" role="alert">
            {words}
          </Alert>
        ) : null}
        <Button type="submit" loading={busy}>
          {t("common.login.submit")}
        </Button>
      </Stack>
    </form>
  );
}
