import type { Caller } from "../../domain/caller.ts";
import { HttpError } from "../../errors/http-errors.ts";
import { SECURITY_EVENTS, type SecurityRecords } from "../../tenancy/audit-records.ts";
import type { Deliveries } from "../../webhooks/deliveries.ts";
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

export function found<T>(value: T | null): T {
  if (value === null) {
    throw new HttpError("not_found", "There is no such webhook.");
  }
  return value;
}
