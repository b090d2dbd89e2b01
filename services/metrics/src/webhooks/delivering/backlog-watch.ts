import { wait } from "@sark/observability/waiting";
import type { Database } from "../../database/database.ts";
import type { JobSender } from "../../domain/jobs.ts";
import type { WebhookObserver } from "../observer.ts";
import { readBacklog, type Backlog } from "./claim.ts";

const NOTHING: Backlog = { tenants: [], pending: 0, oldestSeconds: 0 };

/**
 * Looks for what is due, and asks for the job of each tenant that has some: by whichever process it was committed, and whenever that ended.
 */
export function watchBacklog(options: {
  readonly database: Pick<Database, "asPlatform">;
  readonly sender: JobSender;
  readonly everyMs: number;
  readonly observer: Pick<WebhookObserver, "failed">;
}): { readonly latest: Backlog; close(): Promise<void> } {
  const { database, sender, observer } = options;
  const stopping = new AbortController();
  let latest = NOTHING;

  async function look(): Promise<void> {
    latest = await database.asPlatform("webhooks", readBacklog);
    if (latest.tenants.length > 0) {
      await sender.send("webhook_delivery", latest.tenants);
    }
  }

  async function loop(): Promise<void> {
    while (await wait(options.everyMs, { signal: stopping.signal, ref: false })) {
      await look().catch((error: unknown) => observer.failed(error));
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
