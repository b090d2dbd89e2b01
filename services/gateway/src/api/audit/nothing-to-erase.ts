import type { AuditReader } from "@sark/audit/store";
import type { ErasureSelector } from "@sark/audit/payloads";
import type { HttpError } from "../../transport/errors.ts";
import { asked, notFound } from "./failures.ts";

/**
 * 404 where the event or the request that an erasure names is not in its tenants: another tenant's is as if it were not
 * there, and an id that was mistyped must not look like one that was erased. Without such an id there is none: whose
 * arguments a user's or an agent's are is found by erasing.
 */
export async function nothingToErase(
  reader: Pick<AuditReader, "event" | "trail">,
  { event_id: id, gateway_request_id: requestId, tenants }: ErasureSelector,
): Promise<HttpError | undefined> {
  const isWithin = ({ event }: { readonly event: { readonly tenant_id?: string } }) =>
    tenants === undefined || tenants.includes(event.tenant_id ?? null);
  if (id !== undefined) {
    const found = await asked(() => reader.event(id));
    if (found === null || !isWithin(found)) {
      return notFound("event of this id");
    }
  }
  if (requestId !== undefined) {
    const tenant = tenants?.length === 1 ? (tenants[0] ?? undefined) : undefined;
    const { events, truncated } = await asked(() => reader.trail(requestId, tenant));
    // Of a request with more events than a trail shows, those of these tenants may be among the others.
    if (!truncated && !events.some(isWithin)) {
      return notFound("event of this request");
    }
  }
  return undefined;
}
