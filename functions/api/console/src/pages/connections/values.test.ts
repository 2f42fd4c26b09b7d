import { describe, expect, it } from "vitest";
import { bodyOf, changed, EMPTY, valuesOf } from "./values";

const found = {
  ...EMPTY,
  connection_id: "c",
  conn_type: "postgres",
  host: "db",
  port: 5433,
  login: "ana",
  password: "***",
  extra: '{"sslmode": "require", "token": "***"}',
};

describe("a connection in a form", () => {
  it("does not change if nothing is typed", () => {
    const body = bodyOf(valuesOf(found), found);
    expect(body).toMatchObject({ host: "db", port: 5433, password: "***" });
    expect(changed(body, found)).toEqual([]);
  });

  it("has only what was typed changed", () => {
    const values = { ...valuesOf(found), host: "", port: "", password: "new" };
    values.known = { ...values.known, sslmode: "disable" };
    const body = bodyOf(values, found);
    expect(body).toMatchObject({ host: null, port: null, password: "new" });
    expect(JSON.parse(body.extra ?? "")).toEqual({ sslmode: "disable", token: "***" });
    expect(changed(body, found)).toEqual(["host", "port", "password", "extra"]);
  });

  it("may lose its password", () => {
    expect(bodyOf({ ...valuesOf(found), password: null }, found).password).toBeNull();
    expect(bodyOf(valuesOf(EMPTY), EMPTY)).toMatchObject({ password: null, extra: null });
  });

  it("keeps what a type has no field for", () => {
    const google = { ...found, conn_type: "google_cloud_platform", schema: "default" };
    expect(changed(bodyOf(valuesOf(google), google), google)).toEqual([]);
  });

  it("leaves an extra that is no object alone", () => {
    const strange = { ...found, extra: "***" };
    expect(changed(bodyOf(valuesOf(strange), strange), strange)).toEqual([]);
  });
});
