import { createWakeUp } from "@sark/observability/waiting";

/** Tenants for which this process has just committed something to send. */
export interface DueTenants {
  /** Never waits, and never throws. */
  add(tenant: string): void;
  /** Those that were added since, each once. */
  take(): readonly string[];
  /** Resolves when some were added, after so long, or when the signal is aborted. One caller at a time. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export function createDueTenants(): DueTenants {
  const tenants = new Set<string>();
  const wakeUp = createWakeUp();
  return {
    add(tenant) {
      tenants.add(tenant);
      wakeUp.wake();
    },
    take() {
      const taken = [...tenants];
      tenants.clear();
      return taken;
    },
    wait: (milliseconds, signal) => wakeUp.wait(milliseconds, signal),
  };
}
