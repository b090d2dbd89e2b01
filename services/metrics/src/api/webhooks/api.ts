import type { Caller } from "../../domain/caller.ts";
import { HttpError } from "../../errors/http-errors.ts";
import { SECURITY_EVENTS, type SecurityRecords } from "../../tenancy/audit-records.ts";
import type { Deliveries } from "../../webhooks/deliveries.ts";
import { MissingKeyError } from "../../webhooks/secrets/missing-keys.ts";
import type { Webhooks } from "../../webhooks/webhooks.ts";

export interface WebhooksApi {
  readonly webhooks: Webhooks;
  readonly deliveries: Deliveries;
  /** What is wrong with a URL, in words; `null` where nothing is. */
  targetProblem(url: string): string | null;
  readonly records: Pick<SecurityRecords, "record">;
}

/** Throws for a URL that messages are not sent to. */
export function checkTarget({ targetProblem }: WebhooksApi, url: string | undefined): void {
  const problem = url === undefined ? null : targetProblem(url);
  if (problem !== null) {
    throw new HttpError("invalid_request", `url: ${problem}`, { field: "url" });
  }
}

/** A change of webhooks is on record before it is made. Of a URL the host alone: the rest may be a secret. */
export async function recordChange(
  { records }: WebhooksApi,
  caller: Caller,
  operation: "create" | "change" | "rotate" | "delete" | "redeliver" | "test",
  { url, ...details }: { readonly webhook?: string; readonly url?: string; readonly delivery?: string },
): Promise<void> {
  await records.record(caller, {
    type: SECURITY_EVENTS.webhookChange,
    reason: `asks to ${operation} a webhook`,
    details: { operation, ...details, ...(url === undefined ? {} : { host: new URL(url).host }) },
  });
}

/** Rejects with `HttpError` where this replica lacks the key that secrets are sealed with. */
export async function sealing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof MissingKeyError) {
      throw new HttpError(
        "webhook_key_missing",
        "Secrets of webhooks are sealed with a key that this replica does not have.",
        { cause: error },
      );
    }
    throw error;
  }
}

export function found<T>(value: T | null): T {
  if (value === null) {
    throw new HttpError("not_found", "There is no such webhook.");
  }
  return value;
}
