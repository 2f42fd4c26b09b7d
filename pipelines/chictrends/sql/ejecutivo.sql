-- Each network's days, for the thirty that end with the newest. The sentiment of a day is weighted by its comments.
SELECT
  red,
  dia,
  COUNT(*) AS publicaciones,
  SUM(alcance) AS alcance,
  SUM(gusta + compartido + comentarios) AS interacciones,
  SUM(comentarios) AS comentarios,
  SAFE_DIVIDE(SUM(sentimiento * comentarios), SUM(IF(sentimiento IS NULL, 0, comentarios))) AS sentimiento
FROM `{{ dataset }}.publicaciones`
WHERE dia > DATE_SUB((SELECT MAX(dia) FROM `{{ dataset }}.publicaciones`), INTERVAL 30 DAY)
GROUP BY red, dia
ORDER BY dia, red
