export default {
  title: "Errores de importación",
  count_one: "{{count}} fichero no carga",
  count_other: "{{count}} ficheros no cargan",
  none: "Todos los ficheros de DAG cargan.",
  search: "Fichero",
  line: "línea {{line}}",
  seen: "Visto",
  source: "La línea",
  trace: "Traza",
  traceOf: "Traza de {{file}}",
};
