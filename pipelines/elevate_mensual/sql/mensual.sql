-- The month's KPIs of each platform and campaign beside those of the month before. Run again, the month is made anew.
CREATE TABLE IF NOT EXISTS `{{ params.dataset }}.kpis_mensuales` (
  mes DATE, plataforma STRING, campana STRING, clics INT64, gasto_usd NUMERIC, ingresos_usd NUMERIC, roas FLOAT64,
  gasto_anterior NUMERIC, ingresos_anterior NUMERIC
);
DELETE FROM `{{ params.dataset }}.kpis_mensuales` WHERE mes = DATE '{{ data_interval_start | ds }}';
INSERT INTO `{{ params.dataset }}.kpis_mensuales`
SELECT
  actual.mes,
  actual.plataforma,
  actual.campana,
  actual.clics,
  actual.gasto_usd,
  actual.ingresos_usd,
  CAST(actual.roas AS FLOAT64) AS roas,
  anterior.gasto_usd AS gasto_anterior,
  anterior.ingresos_usd AS ingresos_anterior
FROM `{{ params.dataset }}.kpis` AS actual
LEFT JOIN `{{ params.dataset }}.kpis` AS anterior
  ON anterior.plataforma = actual.plataforma
  AND anterior.campana = actual.campana
  AND anterior.mes = DATE_SUB(actual.mes, INTERVAL 1 MONTH)
WHERE actual.mes = DATE '{{ data_interval_start | ds }}';
