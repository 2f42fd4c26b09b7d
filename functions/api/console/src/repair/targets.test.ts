import { describe, expect, it } from "vitest";
import { entities, nameOf, refusals, taskIds } from "./targets";

const TARGETS = [
  { taskId: "a", mapIndex: null },
  { taskId: "m", mapIndex: 0 },
];

describe("task instances", () => {
  it("are told as the API takes them", () => {
    expect(taskIds(TARGETS)).toEqual(["a", ["m", 0]]);
    expect(entities(TARGETS)).toMatchObject([{ task_id: "a" }, { task_id: "m", map_index: 0 }]);
    expect(TARGETS.map(nameOf)).toEqual(["a", "m [0]"]);
  });

  it("that were refused are told with the reasons, each once", () => {
    const errors = [{ error: "no" }, { error: "no" }, { error: "never" }];
    expect(refusals({ update: { success: ["a"], errors }, create: null })).toEqual({ done: 1, why: "no; never" });
    expect(refusals({ delete: { success: ["a"], errors: [] } })).toBeUndefined();
  });
});
