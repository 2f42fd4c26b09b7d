export interface Place {
  row: number;
  column: number;
}

interface Size {
  rows: number;
  columns: number;
  /** How many rows a page has. */
  page: number;
}

/** Where a key leads in a grid, as in a spreadsheet (WAI-ARIA APG, "Grid pattern"); null for keys that lead nowhere. */
export function moved({ row, column }: Place, key: string, ctrl: boolean, { rows, columns, page }: Size): Place | null {
  const to = (newRow: number, newColumn: number) => ({
    row: Math.min(Math.max(newRow, 0), rows - 1),
    column: Math.min(Math.max(newColumn, 0), columns - 1),
  });
  switch (key) {
    case "ArrowUp":
      return to(row - 1, column);
    case "ArrowDown":
      return to(row + 1, column);
    case "ArrowLeft":
      return to(row, column - 1);
    case "ArrowRight":
      return to(row, column + 1);
    case "Home":
      return to(ctrl ? 0 : row, 0);
    case "End":
      return to(ctrl ? rows : row, columns);
    case "PageUp":
      return to(row - page, column);
    case "PageDown":
      return to(row + page, column);
    default:
      return null;
  }
}
