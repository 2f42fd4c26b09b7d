-- Each column must be true (BigQueryCheckOperator); its name is what the message of a failure says.
SELECT
  COUNT(*) = COUNT(DISTINCT ticket) AS cada_ticket_una_vez,
  COUNTIF(importe IS NULL OR importe <= 0) = 0 AS importes_positivos,
  MAX(importe) < 500 AS importes_en_euros,
  COUNT(DISTINCT tienda) = {{ params.tiendas | length }} AS todas_las_tiendas
FROM `{{ params.dataset }}.ventas`
WHERE dia >= DATE '{{ data_interval_start | ds }}' AND dia < DATE '{{ data_interval_end | ds }}'
