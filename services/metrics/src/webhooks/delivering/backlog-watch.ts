import type { Database } from "../../database/database.ts";
import type { JobSender } from "../../domain/jobs.ts";
import type { WebhookObserver } from "../observer.ts";
import type { SecretSeal } from "../secrets/secret-seal.ts";
import { readBacklog, type Backlog } from "./claim.ts";
import type { DueTenants } from "../due-tenants.ts";

const NOTHING: Backlog = { tenants: [], pending: 0, oldestSeconds: 0 };

/**
 * Asks for the job of each tenant that has something to send: at once for what this process has committed, and in each interval for whatever is due,
 * by whichever process it was committed, and whenever that ended.
 */
export function watchBacklog(options: {
  readonly database: Pick<Database, "asPlatform">;
  readonly sender: JobSender;
  readonly due: DueTenants;
  readonly seal: Pick<SecretSeal, "keyNames">;
  readonly everyMs: number;
  readonly observer: Pick<WebhookObserver, "failed">;
}): { readonly latest: Backlog; close(): Promise<void> } {
  const { database, sender, due, everyMs, observer } = options;
  const { keyNames } = options.seal;
  const stopping = new AbortController();
  const { signal } = stopping;
  let latest = NOTHING;

  async function ask(tenants: readonly string[]): Promise<void> {
    if (tenants.length > 0) {
      await sender.send("webhook_delivery", tenants);
    }
  }

  async function look(): Promise<void> {
    latest = await database.asPlatform("webhooks", (tx) => readBacklog(tx, keyNames));
    await ask(latest.tenants);
  }

  async function loop(): Promise<void> {
    let looksAt = performance.now() + everyMs;
    while (!signal.aborted) {
      await due.wait(Math.max(0, looksAt - performance.now()), signal);
      if (signal.aborted) {
        return;
      }
      // What cannot be asked for now, the next look finds.
      await ask(due.take()).catch((error: unknown) => observer.failed(error));
      if (performance.now() >= looksAt) {
        await look().catch((error: unknown) => observer.failed(error));
        looksAt = performance.now() + everyMs;
      }
    }
  }
  const ended = loop();
  return {
    get latest() {
      return latest;
    },
    async close() {
      stopping.abort();
      await ended;
    },
  };
}
