import { api, type Schema } from "~/api/client";

const PAGE = 100;

/** Every Variable, page by page. */
export async function allVariables(): Promise<Schema["VariableResponse"][]> {
  const found: Schema["VariableResponse"][] = [];
  for (;;) {
    const { data } = await api.GET("/api/v2/variables", {
      params: { query: { limit: PAGE, offset: found.length, order_by: ["key"] } },
    });
    if (!data?.variables.length) return found;
    found.push(...data.variables);
    if (found.length >= data.total_entries) return found;
  }
}
