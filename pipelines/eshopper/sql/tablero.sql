-- What was sold and what came in, day by day, for two weeks.
SELECT dia, -SUM(IF(tipo = 'ventas', piezas, 0)) AS vendidas, SUM(IF(tipo IN ('reposiciones', 'llegadas'), piezas, 0)) AS recibidas
FROM `{{ dataset }}.movimientos`
WHERE dia > DATE_SUB(@dia, INTERVAL 14 DAY) AND dia <= @dia
GROUP BY dia
ORDER BY dia
