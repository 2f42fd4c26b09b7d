/** Why the server refused a run: by field, as far as it says which, and the rest. */
export interface Refused {
  /** Param → why. */
  params: Record<string, string>;
  /** Field of the request → why. */
  fields: Partial<Record<"dag_run_id" | "logical_date" | "conf" | "note" | "partition_key", string>>;
  rest: string;
}

const PIECE = /; (?=param ['"])/;
const PARAM = /^param (['"])(.+?)\1: (.*)$/s;
const MISSING = /^params? (.+) (?:has|have) no default/s;
const FIELD = /^(dag_run_id|logical_date|conf|note|partition_key)(?:\.[^:]*)?: (.*)$/s;

/** Takes the server's message apart: brisa's sentences about params, FastAPI's lines about fields. */
export function refused(message: string, params: readonly string[]): Refused {
  const found: Refused = { params: {}, fields: {}, rest: "" };
  const rest: string[] = [];
  for (const piece of message.split(PIECE)) {
    const [, , name = "", why = ""] = PARAM.exec(piece) ?? [];
    if (name && params.includes(name)) found.params[name] = why;
    else rest.push(piece);
  }
  for (const piece of rest.splice(0)) {
    const named = MISSING.exec(piece)?.[1];
    const missing = named ? params.filter((name) => named.includes(`'${name}'`) || named.includes(`"${name}"`)) : [];
    for (const name of missing) found.params[name] = piece;
    if (missing.length === 0) rest.push(piece);
  }
  const left = rest
    .join("; ")
    .split("\n")
    .filter((line) => {
      const [, field, why = ""] = FIELD.exec(line) ?? [];
      if (field) found.fields[field as keyof Refused["fields"]] = why;
      return !field;
    });
  found.rest = left.join("\n");
  if (/\brun_id\b/.test(found.rest) && Object.keys(found.fields).length === 0) {
    found.fields.dag_run_id = found.rest;
    found.rest = "";
  }
  return found;
}
