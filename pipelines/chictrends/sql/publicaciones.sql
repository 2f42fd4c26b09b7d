-- The day's posts into the central table: each network's post once, with its latest figures.
CREATE TABLE IF NOT EXISTS `{{ params.dataset }}.publicaciones` (
  red STRING, publicacion STRING, dia DATE, alcance INT64, gusta INT64, compartido INT64, comentarios INT64,
  sentimiento FLOAT64
);
MERGE `{{ params.dataset }}.publicaciones` AS t
USING `{{ params.dataset }}.publicaciones_{{ ds_nodash }}` AS s
ON t.red = s.red AND t.publicacion = s.publicacion
WHEN MATCHED THEN UPDATE SET
  dia = s.dia, alcance = s.alcance, gusta = s.gusta, compartido = s.compartido, comentarios = s.comentarios,
  sentimiento = s.sentimiento
WHEN NOT MATCHED THEN INSERT ROW;
DROP TABLE `{{ params.dataset }}.publicaciones_{{ ds_nodash }}`;
