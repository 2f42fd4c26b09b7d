/** Whether an address that a task has given is that of a web page, and no script. */
export function outside(address: string): boolean {
  try {
    return ["http:", "https:"].includes(new URL(address).protocol);
  } catch {
    return false;
  }
}
