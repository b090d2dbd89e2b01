import { wait } from "@sark/observability/waiting";
import type { JobName, JobSender } from "../domain/jobs.ts";
import type { JobObserver } from "./observer.ts";

/** Asks for a job of each tenant that needs one, at most once in an interval, however often it is told so. */
export interface CollectedSends {
  /** Never waits, and never throws. */
  ask(tenant: string): void;
  close(): void;
}

/** What is asked for in one go; the rest waits for the next one. */
const MAX_AT_ONCE = 1_000;

/** What is lost when the process ends, a schedule has to find: it does not wait for the last interval. */
export function createCollectedSends(options: {
  readonly sender: JobSender;
  readonly job: JobName;
  readonly everyMs: number;
  /** Those that are not due are asked for later. */
  isDue(tenant: string): boolean;
  readonly observer: Pick<JobObserver, "queueFailed">;
}): CollectedSends {
  const stopping = new AbortController();
  const asked = new Set<string>();

  async function sendDue(): Promise<void> {
    const tenants = [...asked].filter((tenant) => options.isDue(tenant)).slice(0, MAX_AT_ONCE);
    if (tenants.length === 0) {
      return;
    }
    for (const tenant of tenants) {
      asked.delete(tenant);
    }
    try {
      await options.sender.send(options.job, tenants);
    } catch (error) {
      for (const tenant of tenants) {
        asked.add(tenant);
      }
      options.observer.queueFailed(error);
    }
  }

  async function loop(): Promise<void> {
    while (await wait(options.everyMs, { signal: stopping.signal, ref: false })) {
      await sendDue();
    }
  }
  void loop();

  return {
    ask: (tenant) => void asked.add(tenant),
    close: () => stopping.abort(),
  };
}
