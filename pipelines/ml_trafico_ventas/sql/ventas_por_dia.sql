-- What each store sold on each day, from the central table that `ventas_semanales` keeps.
SELECT tienda, dia, CAST(SUM(importe) AS FLOAT64) AS importe, COUNT(*) AS tickets
FROM `{{ dataset }}.ventas`
GROUP BY tienda, dia
ORDER BY dia, tienda
