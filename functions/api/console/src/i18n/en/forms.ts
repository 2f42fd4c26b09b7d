export default {
  unsaved: "Leave without saving?",
  unsavedHint: "What you have typed is not saved, and would be lost.",
  discard: "Leave without saving",
  required: "This is needed.",
  number: "This has to be a whole number.",
  json: "This is not a JSON object.",
  inexact: "A browser can't send the number {{number}} as it is: it has too many digits.",
  saved: "Saved",
  columns: { actions: "Actions" },
  show: "Show",
  hide: "Hide",
  details: "Details of {{name}}",
};
