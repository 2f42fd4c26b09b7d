-- The readings of the run into the central table: each machine and moment once, however often the hour is run.
-- A reading that came late belongs to the hour before; the score of an hour is that of its latest run.
CREATE TABLE IF NOT EXISTS `{{ params.dataset }}.lecturas` (
  nave STRING, maquina STRING, momento TIMESTAMP, ambiente FLOAT64, temperatura FLOAT64, vibracion FLOAT64,
  presion FLOAT64, puntaje FLOAT64, anomalia BOOL
);
MERGE `{{ params.dataset }}.lecturas` AS t
USING `{{ params.dataset }}.lecturas_{{ ts_nodash }}` AS s
ON t.nave = s.nave AND t.maquina = s.maquina AND t.momento = s.momento
WHEN MATCHED THEN UPDATE SET
  ambiente = s.ambiente, temperatura = s.temperatura, vibracion = s.vibracion, presion = s.presion,
  puntaje = COALESCE(s.puntaje, t.puntaje), anomalia = COALESCE(s.anomalia, t.anomalia)
WHEN NOT MATCHED THEN INSERT ROW;
DROP TABLE `{{ params.dataset }}.lecturas_{{ ts_nodash }}`;
