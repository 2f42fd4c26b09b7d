-- Each column must be true (BigQueryCheckOperator); its name is what the message of a failure says.
SELECT
  COUNT(DISTINCT plataforma) = 3 AS tres_plataformas_con_filas,
  COUNT(DISTINCT campana) = 8 AS ocho_campanas,
  COUNTIF(fecha IS NULL OR EXTRACT(YEAR FROM fecha) != 2023) = 0 AS fechas_de_2023,
  COUNTIF(impresiones IS NULL OR clics IS NULL OR conversiones IS NULL) = 0 AS conteos_legibles,
  COUNTIF(gasto IS NULL OR ingresos IS NULL) = 0 AS importes_legibles,
  COUNTIF(gasto_usd IS NULL OR ingresos_usd IS NULL) = 0 AS monedas_con_tasa,
  COUNTIF(plataforma = 'YouTube Ads' AND vistas IS NULL) = 0 AS vistas_en_una_de_sus_columnas,
  COUNTIF(clics > impresiones OR conversiones > clics OR gasto < 0 OR ingresos < 0) = 0 AS cifras_posibles,
  COUNT(*) = COUNT(DISTINCT CONCAT(plataforma, '|', campana, '|', grupo, '|', variante, '|', pais, '|',
                                   CAST(fecha AS STRING))) AS sin_duplicados
FROM `{{ params.dataset }}.campanas`
