export default {
  unsaved: "¿Salir sin guardar?",
  unsavedHint: "Lo que ha escrito no está guardado y se perdería.",
  discard: "Salir sin guardar",
  required: "Hace falta.",
  number: "Tiene que ser un número entero.",
  json: "No es un objeto JSON.",
  inexact: "Un navegador no puede enviar el número {{number}} tal cual: tiene demasiadas cifras.",
  saved: "Guardado",
  columns: { actions: "Acciones" },
  show: "Mostrar",
  hide: "Ocultar",
  details: "Detalles de {{name}}",
};
