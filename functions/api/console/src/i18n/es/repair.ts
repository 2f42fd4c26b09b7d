export default {
  clear: {
    title_one: "Limpiar {{name}}",
    title_other: "Limpiar {{count}} seleccionadas",
    label: "Limpiar",
    hint: "Se ejecutan de nuevo, y con ellas la ejecución si ya había terminado.",
  },
  mark: {
    title_one: "Marcar {{name}} como {{state}}",
    title_other: "Marcar {{count}} seleccionadas como {{state}}",
    label: "Marcar como {{state}}",
    hint: "Lo que se ejecuta se detiene. Lo que por ellas había fallado más abajo se ejecuta entonces, si puede.",
  },
  delete: {
    title_one: "¿Eliminar {{name}} de la ejecución?",
    title_other: "¿Eliminar {{count}} seleccionadas de la ejecución?",
    hint: "Se eliminan sus intentos, registros y XCom; lo que sigue continúa sin ellas. Al limpiar la tarea, vuelve.",
  },
  around: {
    legend: "Y además",
    upstream: "lo que está por encima (aguas arriba)",
    downstream: "lo que está por debajo (aguas abajo)",
    past: "las mismas tareas en ejecuciones anteriores",
    future: "las mismas tareas en ejecuciones posteriores",
    onlyFailed: "solo las que han fallado",
  },
  runs: {
    clear_one: "Limpiar {{count}} ejecución",
    clear_other: "Limpiar {{count}} ejecuciones",
    mark_one: "Marcar {{count}} ejecución como {{state}}",
    mark_other: "Marcar {{count}} ejecuciones como {{state}}",
    delete_one: "¿Eliminar {{count}} ejecución?",
    delete_other: "¿Eliminar {{count}} ejecuciones?",
    deleteHint: "Con ellas se eliminan sus instancias de tareas, registros y XCom. No se puede deshacer.",
  },
};
