import { describe, expect, it } from "vitest";
import { boundsOf, dayAfter, dayOf, instantOf, minuteOf, named, wallOf } from "./wallclock";

describe("a date and time of a zone", () => {
  it.each([
    ["2026-01-31", "UTC", "2026-01-31T00:00:00.000Z"],
    ["2026-01-31T04:05", "Europe/Madrid", "2026-01-31T03:05:00.000Z"],
    ["2026-07-31T04:05:06", "Europe/Madrid", "2026-07-31T02:05:06.000Z"],
    ["2026-03-29T02:30", "Europe/Madrid", "2026-03-29T01:30:00.000Z"], // there is no such time: 03:30
    ["2026-10-25T02:30", "Europe/Madrid", "2026-10-25T00:30:00.000Z"], // twice: the first
    ["2026-01-01", "Pacific/Kiritimati", "2025-12-31T10:00:00.000Z"],
    ["2026-01-01", "America/Bogota", "2026-01-01T05:00:00.000Z"],
  ])("%s in %s", (wall, zone, expected) => {
    expect(instantOf(wall, zone)).toBe(expected);
  });

  it("is none of what is no date", () => {
    expect([instantOf("", "UTC"), instantOf("31.1.2026", "UTC"), instantOf("2026-13-40", "UTC")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("is what the clocks there show", () => {
    expect(wallOf("2026-07-31T02:05:06Z", "Europe/Madrid")).toBe("2026-07-31T04:05:06");
    expect(wallOf("nothing", "UTC")).toBe("");
  });

  it("is shown to the minute, in UTC where the zone is unknown", () => {
    expect(minuteOf("2026-07-15T22:05:30Z", "Europe/Madrid")).toBe("2026-07-16T00:05");
    expect(minuteOf("2026-07-15T22:05:30Z", "no/where")).toBe("2026-07-15T22:05");
  });

  it("may be a moment already", () => {
    expect(named("2026-07-15T22:05:30Z", "Europe/Madrid")).toBe("2026-07-15T22:05:30Z");
    expect(named("2026-07-15", "Europe/Madrid")).toBe("2026-07-14T22:00:00.000Z");
    expect(named("soon", "Europe/Madrid")).toBeUndefined();
  });
});

describe("a day", () => {
  it("has 25 hours when summer ends", () => {
    expect(boundsOf("2026-10-25", "Europe/Madrid")).toEqual(["2026-10-24T22:00:00.000Z", "2026-10-25T23:00:00.000Z"]);
    expect(boundsOf("2026-10-25T04:05", "Europe/Madrid")).toBeNull();
  });

  it("is followed by another", () => {
    expect(dayAfter("2026-02-28")).toBe("2026-03-01");
    expect(dayAfter("2026-03-01", -1)).toBe("2026-02-28");
  });

  it("is another one elsewhere", () => {
    expect(dayOf(Date.parse("2026-07-15T22:05:30Z"), "Europe/Madrid")).toBe("2026-07-16");
  });
});
