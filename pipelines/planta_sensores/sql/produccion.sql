-- The last 24 hours of each hall, hour by hour.
SELECT
  nave,
  TIMESTAMP_TRUNC(momento, HOUR) AS hora,
  AVG(temperatura) AS temperatura,
  AVG(vibracion) AS vibracion,
  AVG(presion) AS presion,
  COUNT(*) AS lecturas
FROM `{{ dataset }}.lecturas`
WHERE momento > TIMESTAMP_SUB((SELECT MAX(momento) FROM `{{ dataset }}.lecturas`), INTERVAL 24 HOUR)
GROUP BY nave, hora
ORDER BY hora, nave
