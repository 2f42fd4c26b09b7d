import { describe, expect, it } from "vitest";
import { outside } from "./outside";

describe("an address that a task has given", () => {
  it.each([
    ["https://console.cloud.google.com/x?y=1", true],
    ["http://localhost:8080", true],
    ["javascript:alert(1)", false],
    [" JaVaScRiPt:alert(1)", false],
    ["data:text/html,<script>1</script>", false],
    ["/dags", false],
    ["", false],
  ])("%s", (address, expected) => {
    expect(outside(address)).toBe(expected);
  });
});
