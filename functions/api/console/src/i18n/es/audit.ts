export default {
  title: "Registro de auditoría",
  count_one: "{{count}} entrada",
  count_other: "{{count}} entradas",
  none: "Nadie ha cambiado nada todavía.",
  filters: {
    owner: "Quién",
    event: "Evento",
    dag: "DAG",
    run: "Ejecución",
    task: "Tarea",
    after: "Después de",
    before: "Antes de",
    clear: "Sin filtros",
  },
  columns: { when: "Cuándo", who: "Quién", event: "Evento", what: "Sobre", extra: "Detalles" },
  only: "Solo {{name}}",
};
