-- The week's sales into the central table. A ticket that is no sale any more (cancelled since) goes out of it.
CREATE TABLE IF NOT EXISTS `{{ params.dataset }}.ventas` (
  ticket STRING, dia DATE, tienda STRING, categoria STRING, importe NUMERIC
);
DELETE FROM `{{ params.dataset }}.ventas`
WHERE dia >= DATE '{{ data_interval_start | ds }}' AND dia < DATE '{{ data_interval_end | ds }}';
INSERT INTO `{{ params.dataset }}.ventas` (ticket, dia, tienda, categoria, importe)
SELECT ticket, dia, tienda, categoria, importe FROM `{{ params.dataset }}.ventas_{{ ds_nodash }}`;
DROP TABLE `{{ params.dataset }}.ventas_{{ ds_nodash }}`;
