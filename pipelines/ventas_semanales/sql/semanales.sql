-- The table that the dashboard reads: a row for each week, store and category.
CREATE OR REPLACE TABLE `{{ params.dataset }}.semanales` AS
SELECT
  DATE_TRUNC(dia, WEEK(MONDAY)) AS semana,
  tienda,
  categoria,
  COUNT(*) AS tickets,
  SUM(importe) AS importe
FROM `{{ params.dataset }}.ventas`
GROUP BY semana, tienda, categoria
ORDER BY semana, tienda, categoria
