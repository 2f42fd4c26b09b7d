-- The day's movements into the central table, each once. What the books began with is taken from the first run alone.
CREATE TABLE IF NOT EXISTS `{{ params.dataset }}.movimientos` (
  clave STRING, dia DATE, sku STRING, tipo STRING, piezas INT64
);
MERGE `{{ params.dataset }}.movimientos` AS t
USING `{{ params.dataset }}.movimientos_{{ ds_nodash }}` AS s
ON t.clave = s.clave
WHEN MATCHED AND s.tipo != 'inicial' THEN UPDATE SET dia = s.dia, sku = s.sku, piezas = s.piezas
WHEN NOT MATCHED THEN INSERT ROW;
DROP TABLE `{{ params.dataset }}.movimientos_{{ ds_nodash }}`;
