import type { Schema } from "~/api/client";

/** What is wrong, and since when it is, where that is known. */
export interface Trouble {
  what: "store" | "scheduler" | "overdue" | "dagProcessor" | "dagProcessorGone";
  since?: string;
}

/** What of brisa does not work. A part without a status is none here: it can't fail. */
export function troubles(health: Schema["HealthInfoResponse"]): Trouble[] {
  // Who does not get to the store knows nothing of the rest.
  if (health.metadatabase.status === "unhealthy") return [{ what: "store" }];
  const found: Trouble[] = [];
  if (health.scheduler.status === "unhealthy") {
    const since = health.scheduler.latest_scheduler_heartbeat;
    found.push(since ? { what: "scheduler", since } : { what: "overdue" });
  }
  if (health.dag_processor?.status === "unhealthy") {
    const since = health.dag_processor.latest_dag_processor_heartbeat;
    found.push(since ? { what: "dagProcessor", since } : { what: "dagProcessorGone" });
  }
  return found;
}
