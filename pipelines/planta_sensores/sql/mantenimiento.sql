-- The state of each machine, and its anomalies of the last seven days.
SELECT
  nave,
  maquina,
  MAX(momento) AS ultima,
  COUNT(DISTINCT IF(anomalia, TIMESTAMP_TRUNC(momento, HOUR), NULL)) AS anomalias,
  MAX(IF(anomalia, momento, NULL)) AS ultima_anomalia,
  ROUND(MAX(puntaje), 3) AS peor_puntaje
FROM `{{ dataset }}.lecturas`
WHERE momento > TIMESTAMP_SUB((SELECT MAX(momento) FROM `{{ dataset }}.lecturas`), INTERVAL 7 DAY)
GROUP BY nave, maquina
ORDER BY anomalias DESC, nave, maquina
