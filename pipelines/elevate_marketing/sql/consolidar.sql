-- The three platforms in one table, with money in dollars beside the money as it was billed.
CREATE OR REPLACE TABLE `{{ params.dataset }}.campanas` AS
SELECT
  filas.*,
  DATE_TRUNC(filas.fecha, MONTH) AS mes,
  filas.gasto * tasas.a_usd AS gasto_usd,
  filas.ingresos * tasas.a_usd AS ingresos_usd
FROM (
  SELECT * FROM `{{ params.dataset }}.facebook`
  UNION ALL
  SELECT * FROM `{{ params.dataset }}.google`
  UNION ALL
  SELECT * FROM `{{ params.dataset }}.youtube`
) AS filas
LEFT JOIN `{{ params.dataset }}.tasas` AS tasas
  ON tasas.mes = DATE_TRUNC(filas.fecha, MONTH) AND tasas.moneda = filas.moneda
