-- Twelve monthly downloads, appended: each brings its header again (from July with "Spend" for "Cost": the column is
-- the same one, so its position counts) and a line of totals, which would count everything twice.
-- The account speaks Spanish: "1.234,50", dates as in 31/01/2023, and -- where nothing was measured.
CREATE OR REPLACE TABLE `{{ params.dataset }}.google` AS
SELECT DISTINCT
  'Google Ads' AS plataforma,
  TRIM(campaign) AS campana,
  ad_group AS grupo,
  device AS variante,
  country AS pais,
  SAFE.PARSE_DATE('%d/%m/%Y', day) AS fecha,
  currency_code AS moneda,
  SAFE_CAST(REPLACE(impr, '.', '') AS INT64) AS impresiones,
  CAST(NULL AS INT64) AS vistas,
  SAFE_CAST(REPLACE(clicks, '.', '') AS INT64) AS clics,
  SAFE_CAST(REPLACE(REPLACE(IF(conversions = '--', '0', conversions), '.', ''), ',', '.') AS NUMERIC) AS conversiones,
  SAFE_CAST(REPLACE(REPLACE(cost, '.', ''), ',', '.') AS NUMERIC) AS gasto,
  SAFE_CAST(REPLACE(REPLACE(IF(conv_value = '--', '0', conv_value), '.', ''), ',', '.') AS NUMERIC) AS ingresos
FROM `{{ params.dataset }}.crudo_google`
WHERE campaign IS NOT NULL
  AND day != 'Day'
  AND NOT STARTS_WITH(campaign, 'Total: ')
