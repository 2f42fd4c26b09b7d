-- Click-through rate, cost per click, cost per acquisition and return on ad spend, by month, platform and campaign.
-- Sums first, then ratios; a ratio over nothing is NULL. Money in US dollars.
CREATE OR REPLACE TABLE `{{ params.dataset }}.kpis` AS
SELECT
  mes,
  plataforma,
  campana,
  SUM(impresiones) AS impresiones,
  SUM(clics) AS clics,
  SUM(conversiones) AS conversiones,
  ROUND(SUM(gasto_usd), 2) AS gasto_usd,
  ROUND(SUM(ingresos_usd), 2) AS ingresos_usd,
  ROUND(SAFE_DIVIDE(SUM(clics), SUM(impresiones)), 6) AS ctr,
  ROUND(SAFE_DIVIDE(SUM(gasto_usd), SUM(clics)), 4) AS cpc,
  ROUND(SAFE_DIVIDE(SUM(gasto_usd), SUM(conversiones)), 4) AS cpa,
  ROUND(SAFE_DIVIDE(SUM(ingresos_usd), SUM(gasto_usd)), 4) AS roas
FROM `{{ params.dataset }}.campanas`
GROUP BY mes, plataforma, campana
ORDER BY mes, plataforma, campana
