-- The month's recommendations in place of those that an earlier run of the same month has made.
CREATE TABLE IF NOT EXISTS `{{ params.dataset }}.recomendaciones` (
  mes DATE, usuario STRING, lugar INT64, pelicula STRING, titulo STRING, genero STRING, puntaje FLOAT64
);
MERGE `{{ params.dataset }}.recomendaciones` AS t
USING `{{ params.dataset }}.recomendaciones_{{ ds_nodash }}` AS s
ON t.mes = s.mes AND t.usuario = s.usuario AND t.lugar = s.lugar
WHEN MATCHED THEN UPDATE SET pelicula = s.pelicula, titulo = s.titulo, genero = s.genero, puntaje = s.puntaje
WHEN NOT MATCHED THEN INSERT ROW;
DROP TABLE `{{ params.dataset }}.recomendaciones_{{ ds_nodash }}`;
