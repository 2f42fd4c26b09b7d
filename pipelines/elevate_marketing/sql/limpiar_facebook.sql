-- One download for the year. Numbers as in "1,234.50", dates as in 2023-01-31, the currency in its own column.
-- Blank lines load as rows without anything. What can't be read becomes NULL here, and the task `calidad` finds it.
CREATE OR REPLACE TABLE `{{ params.dataset }}.facebook` AS
SELECT DISTINCT
  'Facebook' AS plataforma,
  TRIM(campaign_name) AS campana,
  ad_set_name AS grupo,
  ad_name AS variante,
  country AS pais,
  SAFE.PARSE_DATE('%Y-%m-%d', day) AS fecha,
  currency AS moneda,
  SAFE_CAST(REPLACE(impressions, ',', '') AS INT64) AS impresiones,
  CAST(NULL AS INT64) AS vistas,
  SAFE_CAST(REPLACE(link_clicks, ',', '') AS INT64) AS clics,
  SAFE_CAST(REPLACE(purchases, ',', '') AS NUMERIC) AS conversiones,
  SAFE_CAST(REPLACE(amount_spent, ',', '') AS NUMERIC) AS gasto,
  SAFE_CAST(REPLACE(purchases_conversion_value, ',', '') AS NUMERIC) AS ingresos
FROM `{{ params.dataset }}.crudo_facebook`
WHERE campaign_name IS NOT NULL
