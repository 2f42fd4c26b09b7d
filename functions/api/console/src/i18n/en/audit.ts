export default {
  title: "Audit log",
  count_one: "{{count}} entry",
  count_other: "{{count}} entries",
  none: "Nobody has changed anything yet.",
  filters: {
    owner: "Who",
    event: "Event",
    dag: "DAG",
    run: "Run",
    task: "Task",
    after: "After",
    before: "Before",
    clear: "Without filters",
  },
  columns: { when: "When", who: "Who", event: "Event", what: "Concerns", extra: "Details" },
  only: "Only {{name}}",
};
