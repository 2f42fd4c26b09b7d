import { List, Paper, Text, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { $api, type Schema } from "~/api/client";
import { Loaded } from "~/components/Loaded";
import { moment } from "~/time";

type Foreseen = Schema["DryRunBackfillCollectionResponse"];
const SHOWN = 5;
/** Dates that a dry run looks at, at most. */
const LOOKED_AT = 1000;

interface Props {
  /** The backfill that is wanted; null while that is not said in full. */
  body: Schema["BackfillPostBody"] | null;
  /** The DAG's, of which its dates are. */
  zone: string;
  onFound: (intervals: Schema["BackfillIntervals"] | null) => void;
}

/** What a backfill would do. */
export function Preview({ body, zone, onFound }: Props) {
  const { t } = useTranslation();
  const [wanted] = useDebouncedValue(body && JSON.stringify(body), 300);
  const query = $api.useQuery(
    "post",
    "/api/v2/backfills/dry_run",
    { body: wanted ? (JSON.parse(wanted) as Schema["BackfillPostBody"]) : NONE },
    { enabled: Boolean(wanted), retry: false },
  );
  // What is typed at this moment is not yet asked for.
  const current = wanted !== null && wanted === (body && JSON.stringify(body));
  const found = current && query.isSuccess ? query.data.intervals : null;
  useEffect(() => onFound(found), [found, onFound]);
  return (
    <Paper withBorder p="sm" role="status">
      <Title order={3} size="h6" mb={4}>
        {t("backfills.preview.title")}
      </Title>
      {wanted ? (
        <Loaded query={query} lines={2}>
          {(foreseen) => <Told foreseen={foreseen} zone={zone} />}
        </Loaded>
      ) : (
        <Text size="sm">{t("backfills.preview.ask")}</Text>
      )}
    </Paper>
  );
}

function Told({ foreseen, zone }: { foreseen: Foreseen; zone: string }) {
  const { t } = useTranslation();
  const { backfills, total_entries, intervals } = foreseen;
  if (total_entries === 0 && intervals.count <= LOOKED_AT) {
    return <Text size="sm">{t("backfills.preview.nothing")}</Text>;
  }
  const runs = t(intervals.count > LOOKED_AT ? "backfills.preview.more" : "backfills.preview.runs", {
    count: total_entries,
  });
  const dates = t(intervals.more ? "backfills.preview.intervalsMore" : "backfills.preview.intervals", {
    count: intervals.count,
  });
  return (
    <>
      <Text size="sm">
        <strong>{runs}</strong> {dates}. {t("backfills.preview.first")}
      </Text>
      <List size="sm">
        {backfills.slice(0, SHOWN).map(({ logical_date }) => (
          <List.Item key={logical_date}>
            <time dateTime={logical_date ?? ""}>
              {logical_date ? moment(logical_date, zone) : ""} {zone}
            </time>
          </List.Item>
        ))}
        {total_entries > SHOWN ? <List.Item>{t("backfills.preview.rest")}</List.Item> : null}
      </List>
    </>
  );
}

const NONE: Schema["BackfillPostBody"] = {
  dag_id: "",
  from_date: "",
  to_date: "",
  run_backwards: false,
  reprocess_behavior: "none",
  max_active_runs: 1,
  confirm: false,
};
