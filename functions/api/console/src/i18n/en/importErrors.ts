export default {
  title: "Import errors",
  count_one: "{{count}} file does not load",
  count_other: "{{count}} files don't load",
  none: "All DAG files load.",
  search: "File",
  line: "line {{line}}",
  seen: "Seen",
  source: "The line",
  trace: "Stack trace",
  traceOf: "Stack trace of {{file}}",
};
