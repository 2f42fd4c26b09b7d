import { useTranslation } from "react-i18next";
import type en from "~/i18n/en";
import type { Broken } from "./check";
import type { Wrong } from "./fields";

type Rule = keyof typeof en.trigger.rules;

/** Puts what is wrong with a field into words. */
export function useWrongWords() {
  const { t, i18n } = useTranslation();
  const rule = (name: string, values: Record<string, unknown>) => t(`trigger.rules.${name as Rule}`, values);
  return {
    wrong: (wrong: Wrong) => rule(wrong.rule, { ...wrong }),
    broken: ({ rule: name, limit, place, text }: Broken) => {
      const known = name === "required" ? "missing" : name;
      const why = i18n.exists(`trigger.rules.${known}`) ? rule(known, { limit }) : text;
      return place ? t("trigger.place", { place, why }) : why;
    },
  };
}
