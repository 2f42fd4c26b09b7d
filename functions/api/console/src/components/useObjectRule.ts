import { useTranslation } from "react-i18next";
import { inexact, readObject } from "~/json";

/** Tells why a text is not one of a JSON object that can be sent as it is; null if it is. */
export function useObjectRule(): (text: string) => string | null {
  const { t } = useTranslation();
  return (text) => {
    if (readObject(text) === null) return t("forms.json");
    const number = inexact(text);
    return number === undefined ? null : t("forms.inexact", { number });
  };
}
