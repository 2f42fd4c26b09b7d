import { api } from "./client";
import { session } from "./session";

let asking: Promise<boolean> | undefined;

/** Asks who is logged in, unless that is known; whether somebody is. Who asks meanwhile waits for the same answer. */
export function askMe(): Promise<boolean> {
  if (session.snapshot().me !== null) return Promise.resolve(true);
  asking ??= api
    .GET("/auth/me")
    .then(
      ({ data }) => {
        if (data) session.begin(data);
        return data !== undefined;
      },
      () => false,
    )
    .finally(() => {
      asking = undefined;
    });
  return asking;
}
