import createFetchClient, { type Middleware } from "openapi-fetch";
import createClient from "openapi-react-query";
import { noteServerTime } from "./clock";
import type { components, paths } from "./schema";
import { session } from "./session";

export type Schema = components["schemas"];

/** What the API refused, and why. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

const middleware: Middleware = {
  onRequest({ request }) {
    const token = session.csrf();
    if (token && !SAFE.has(request.method)) request.headers.set("X-CSRF-Token", token);
    return request;
  },
  async onResponse({ request, response }) {
    noteServerTime(response.headers.get("date"));
    if (response.ok) return response;
    if (response.status === 401 && !new URL(request.url).pathname.endsWith("/auth/login")) session.expire();
    throw new ApiError(response.status, await reason(response));
  },
  onError({ error }) {
    return new ApiError(0, error instanceof Error ? error.message : String(error));
  },
};

/** A problem body in words: a sentence, or one for each unfit place. */
export async function reason(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    if (typeof detail === "string") return detail;
    if (Array.isArray(detail)) {
      return detail
        .map((one: { loc?: unknown[]; msg?: string }) => `${(one.loc ?? []).slice(1).join(".")}: ${one.msg ?? ""}`)
        .join("\n");
    }
    if (detail !== undefined) return JSON.stringify(detail);
  } catch {
    // It is no JSON: a proxy has answered.
  }
  return response.statusText || `HTTP ${response.status}`;
}

// Lists repeat their name: ?tags=a&tags=b, as FastAPI reads them.
export const api = createFetchClient<paths>({
  baseUrl: "/",
  querySerializer: { array: { style: "form", explode: true } },
});
api.use(middleware);

/** The same with React Query: `$api.useQuery("get", "/api/v2/dags", { params })`. */
export const $api = createClient(api);
