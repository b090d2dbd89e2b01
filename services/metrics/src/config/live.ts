import { durationSchema } from "@sark/observability/settings";
import { z } from "zod";

const count = z.number().int().positive();

/** Section `live`: live updates over WebSockets. */
export const liveSchema = z.strictObject({
  maxConnections: count
    .max(100_000)
    .default(5_000)
    .describe("Live connections of all tenants, at one replica."),
  maxConnectionsPerTenant: count.max(100_000).default(2_000).describe("The same of one tenant."),
  heartbeat: durationSchema({ min: "1s", max: "5m" })
    .prefault("15s")
    .describe("Clients are pinged this often; who is not heard of for two of them is cut off."),
  stallTimeout: durationSchema({ min: "1s", max: "5m" })
    .prefault("10s")
    .describe(
      "A client that takes nothing of an update for this long is cut off; until then updates are merged for it.",
    ),
  credentialTimeout: durationSchema({ min: "10s", max: "1h" })
    .prefault("5m")
    .describe(
      "While the database is away it cannot be told whether a key was withdrawn; connections that it cannot be told of for this long are ended (4503).",
    ),
  history: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe(
      "Entries that are kept of a tenant, for clients that come back; there are at most 10 of them in a second.",
    ),
});
