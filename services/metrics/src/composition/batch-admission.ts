import { HttpError } from "../errors/http-errors.ts";
import type { IngestRateLimit } from "../ingest/rate-limit.ts";
import type { BodyReader } from "../ingest/read-items.ts";

/** Reads no batch of a tenant that was refused for its rate a moment ago. */
export function admitBatches(
  bodies: BodyReader,
  limit: Pick<IngestRateLimit, "beforeReading">,
  rateLimited: (tenant: string) => void,
): BodyReader {
  return {
    ...bodies,
    async items(tenant, body, work) {
      const seconds = await limit.beforeReading(tenant);
      if (seconds > 0) {
        rateLimited(tenant);
        throw new HttpError("rate_limited", "The tenant sends too many events.", {
          headers: { "retry-after": String(seconds) },
        });
      }
      return bodies.items(tenant, body, work);
    },
  };
}
