export default {
  clear: {
    title_one: "Clear {{name}}",
    title_other: "Clear {{count}} selected",
    label: "Clear",
    hint: "They run again, and the run with them if it has ended.",
  },
  mark: {
    title_one: "Mark {{name}} as {{state}}",
    title_other: "Mark {{count}} selected as {{state}}",
    label: "Mark as {{state}}",
    hint: "What runs is stopped. What had failed below because of them runs then, if it may.",
  },
  delete: {
    title_one: "Delete {{name}} from the run?",
    title_other: "Delete {{count}} selected from the run?",
    hint: "Their tries, logs and XComs are deleted; what is below goes on without them. Clearing the task brings it back.",
  },
  around: {
    legend: "And also",
    upstream: "what is above (upstream)",
    downstream: "what is below (downstream)",
    past: "the same tasks in earlier runs",
    future: "the same tasks in later runs",
    onlyFailed: "only those that have failed",
  },
  runs: {
    clear_one: "Clear {{count}} run",
    clear_other: "Clear {{count}} runs",
    mark_one: "Mark {{count}} run as {{state}}",
    mark_other: "Mark {{count}} runs as {{state}}",
    delete_one: "Delete {{count}} run?",
    delete_other: "Delete {{count}} runs?",
    deleteHint: "Their task instances, logs and XComs are deleted with them. This can't be undone.",
  },
};
