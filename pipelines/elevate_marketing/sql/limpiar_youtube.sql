-- One download for the year. Dates as in "Jan 31, 2023"; amounts as in "€1,234.50": the sign tells the currency.
-- Until June the views are in "Views", from July in "TrueView views"; the other column is empty.
CREATE OR REPLACE TABLE `{{ params.dataset }}.youtube` AS
SELECT DISTINCT
  'YouTube Ads' AS plataforma,
  TRIM(campaign) AS campana,
  ad_group AS grupo,
  ad_format AS variante,
  country AS pais,
  SAFE.PARSE_DATE('%b %d, %Y', date) AS fecha,
  CASE SUBSTR(cost, 1, 1) WHEN '€' THEN 'EUR' WHEN '$' THEN 'USD' END AS moneda,
  SAFE_CAST(REPLACE(impressions, ',', '') AS INT64) AS impresiones,
  SAFE_CAST(REPLACE(COALESCE(trueview_views, views), ',', '') AS INT64) AS vistas,
  SAFE_CAST(REPLACE(clicks, ',', '') AS INT64) AS clics,
  SAFE_CAST(REPLACE(conversions, ',', '') AS NUMERIC) AS conversiones,
  SAFE_CAST(REPLACE(SUBSTR(cost, 2), ',', '') AS NUMERIC) AS gasto,
  SAFE_CAST(REPLACE(SUBSTR(conversion_value, 2), ',', '') AS NUMERIC) AS ingresos
FROM `{{ params.dataset }}.crudo_youtube`
WHERE campaign IS NOT NULL
