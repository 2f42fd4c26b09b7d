-- How many US dollars one unit of each currency was worth: averages of each month of 2023 (European Central Bank).
-- Everything is shown in dollars; a row in another currency is converted with the rate of its own month.
CREATE OR REPLACE TABLE `{{ params.dataset }}.tasas` AS
SELECT mes, 'USD' AS moneda, NUMERIC '1' AS a_usd
FROM UNNEST(GENERATE_DATE_ARRAY(DATE '2023-01-01', DATE '2023-12-01', INTERVAL 1 MONTH)) AS mes
UNION ALL
SELECT mes, 'EUR' AS moneda, a_usd
FROM UNNEST([
  STRUCT(DATE '2023-01-01' AS mes, NUMERIC '1.0769' AS a_usd),
  STRUCT(DATE '2023-02-01', NUMERIC '1.0715'),
  STRUCT(DATE '2023-03-01', NUMERIC '1.0706'),
  STRUCT(DATE '2023-04-01', NUMERIC '1.0968'),
  STRUCT(DATE '2023-05-01', NUMERIC '1.0868'),
  STRUCT(DATE '2023-06-01', NUMERIC '1.0840'),
  STRUCT(DATE '2023-07-01', NUMERIC '1.1058'),
  STRUCT(DATE '2023-08-01', NUMERIC '1.0909'),
  STRUCT(DATE '2023-09-01', NUMERIC '1.0684'),
  STRUCT(DATE '2023-10-01', NUMERIC '1.0563'),
  STRUCT(DATE '2023-11-01', NUMERIC '1.0808'),
  STRUCT(DATE '2023-12-01', NUMERIC '1.0903')
])
