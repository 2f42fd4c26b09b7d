import type { Schema } from "~/api/client";
import { readObject } from "~/json";
import { join, MASK, split, type Typed } from "./extra";
import { type Standard, typeOf } from "./types";

export interface Values {
  connection_id: string;
  conn_type: string;
  description: string;
  host: string;
  port: string;
  login: string;
  schema: string;
  /** null takes it away; an empty one stays as it is. */
  password: string | null;
  /** The fields of the type in the extra. */
  known: Record<string, Typed>;
  /** What else there is in it, as JSON. */
  rest: string;
}

export type Found = Schema["ConnectionResponse"];
type Body = Schema["ConnectionBody"];

/** What a new connection is before anything is typed. */
export const EMPTY: Found = {
  connection_id: "",
  conn_type: "",
  description: null,
  host: null,
  login: null,
  schema: null,
  port: null,
  password: null,
  extra: null,
  team_name: null,
};

/** The extra as an object; an empty one for a text that is none. */
export function extraOf(found: Pick<Found, "extra">): Record<string, unknown> {
  return readObject(found.extra ?? "") ?? {};
}

/** A connection as the form shows it. */
export function valuesOf(found: Found): Values {
  const { known, rest } = split(extraOf(found), typeOf(found.conn_type).extra);
  return {
    connection_id: found.connection_id,
    conn_type: found.conn_type,
    description: found.description ?? "",
    host: found.host ?? "",
    port: found.port === null ? "" : String(found.port),
    login: found.login ?? "",
    schema: found.schema ?? "",
    password: "",
    known,
    rest,
  };
}

/** The whole connection that the form says. `***` is for the secrets that stay. */
export function bodyOf(values: Values, found: Found): Body {
  const { standard, extra: fields } = typeOf(values.conn_type);
  const extra = join(extraOf(found), fields, values.known, values.rest) ?? {};
  // What this type has no field for is no less there: it stays.
  const standing = (name: Exclude<Standard, "port" | "password">) =>
    standard.includes(name) ? values[name] || null : (found[name] ?? null);
  return {
    connection_id: values.connection_id,
    conn_type: values.conn_type,
    description: values.description || null,
    host: standing("host"),
    login: standing("login"),
    schema: standing("schema"),
    port: values.port === "" ? null : Number(values.port),
    password: values.password === null ? null : values.password || (found.password ? MASK : null),
    extra: Object.keys(extra).length || found.extra ? JSON.stringify(extra) : null,
  };
}

/** The fields in which it differs from what is there. */
export function changed(body: Body, found: Found): string[] {
  const fields = ["conn_type", "description", "host", "login", "schema", "port", "password"] as const;
  const other: string[] = fields.filter((name) => (body[name] ?? null) !== (found[name] || null));
  // As objects: what is only written otherwise is no change.
  if (JSON.stringify(readObject(body.extra ?? "")) !== JSON.stringify(extraOf(found))) other.push("extra");
  return other;
}
