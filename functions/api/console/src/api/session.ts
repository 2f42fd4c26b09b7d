import { useSyncExternalStore } from "react";
import type { Schema } from "./client";

export type Me = Schema["MeResponse"];

/** Who is logged in, and whether that is over: kept outside of React, as requests need it too. */
class Session {
  private listeners = new Set<() => void>();
  private state: { me: Me | null; expired: boolean } = { me: null, expired: false };

  csrf(): string | null {
    return this.state.me?.csrf_token ?? null;
  }

  begin(me: Me): void {
    this.set({ me, expired: false });
  }

  /** The page stays as it is, with all that was typed: somebody logs in again over it. */
  expire(): void {
    if (!this.state.expired) this.set({ ...this.state, expired: true });
  }

  end(): void {
    this.set({ me: null, expired: false });
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = () => this.state;

  private set(state: { me: Me | null; expired: boolean }): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}

export const session = new Session();

export function useSession() {
  return useSyncExternalStore(session.subscribe, session.snapshot);
}

/** Whether whoever is logged in may do it, such as `runs:trigger`. The server decides; this hides what it would refuse. */
export function useMay(permission: string): boolean {
  return useSession().me?.permissions.includes(permission) ?? false;
}
