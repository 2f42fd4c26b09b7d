import { Anchor, Breadcrumbs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { links } from "~/links";

interface Props {
  /** What this page is in, from the DAG on. */
  steps: { to: string; label: string }[];
}

/** Where a page is, and the way back up. */
export function Trail({ steps }: Props) {
  const { t } = useTranslation();
  return (
    <nav aria-label={t("run.trail")}>
      <Breadcrumbs separatorMargin={6} fz="sm" style={{ flexWrap: "wrap" }}>
        {[{ to: links.dags(), label: t("common.nav.dags") }, ...steps].map(({ to, label }) => (
          <Anchor
            key={to}
            component={Link}
            to={to}
            size="sm"
            lh="24px"
            className="anywhere"
            style={{ whiteSpace: "normal" }}
          >
            {label}
          </Anchor>
        ))}
      </Breadcrumbs>
    </nav>
  );
}
