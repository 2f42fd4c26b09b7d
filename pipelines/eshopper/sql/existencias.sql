-- The stock at the end of a day, by the books: what they began with, and all that came in and went out since.
-- A sale of before that was told late is in what they began with.
SELECT sku, SUM(piezas) AS existencias
FROM `{{ dataset }}.movimientos`
WHERE dia <= @dia
  AND (tipo = 'inicial' OR dia > (SELECT MAX(dia) FROM `{{ dataset }}.movimientos` WHERE tipo = 'inicial'))
GROUP BY sku
ORDER BY sku
