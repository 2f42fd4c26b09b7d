/** Characters of a password. */
export const SHORTEST = 8;
export const LONGEST = 256;
/** Names of users. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/;
/** Each may all that the one before may. */
export const ROLES = ["Viewer", "User", "Op", "Admin"] as const;
export type RoleName = (typeof ROLES)[number];

/** Whether a password has as many characters as one needs. */
export function fits(password: string): boolean {
  const length = [...password].length;
  return length >= SHORTEST && length <= LONGEST;
}
