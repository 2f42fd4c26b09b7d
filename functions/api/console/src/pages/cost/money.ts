/** An amount of money, with as many digits as tell something of it. */
export function money(amount: number, currency: string, language: string): string {
  const digits = amount === 0 || amount >= 1 ? 2 : amount >= 0.01 ? 3 : 5;
  return new Intl.NumberFormat(language, {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: 2,
    maximumFractionDigits: digits,
  }).format(amount);
}

/** A count or a measure: whole from ten on. */
export function amount(value: number, language: string): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: value >= 10 ? 0 : value >= 0.1 ? 2 : 4 }).format(
    value,
  );
}
