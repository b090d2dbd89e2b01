import { z } from "zod";
import { LIMIT_KINDS } from "../../domain/rate-limits.ts";

const count = z.number().int();
const seconds = z.number();

const rateLimit = z
  .object({
    kind: z.enum(LIMIT_KINDS),
    name: z.string(),
    tenant: z.string().nullable().describe("Of a user or an agent"),
    server: z.string().nullable().describe("Of a tool"),
    requests: count.describe("Calls in each period"),
    period_seconds: seconds,
    burst: count.describe("Calls at once after a rest"),
    remaining: count.describe("Calls that may be made at once now"),
    retry_after_seconds: seconds.describe("Until there is one; 0 when there is"),
    counted: z
      .enum(["process", "shared", "fallback"])
      .describe(
        "By this process alone; by all replicas together; or by this process because the shared state cannot be asked",
      ),
  })
  .meta({ id: "RateLimit" });
export type RateLimit = z.output<typeof rateLimit>;

const rateLimitRule = z
  .object({
    for: z.enum(LIMIT_KINDS),
    name: z.string().nullable().describe("`null`: each that no other rule names"),
    tenant: z.string().nullable(),
    server: z.string().nullable(),
    requests: count,
    period_seconds: seconds,
    burst: count,
  })
  .meta({ id: "RateLimitRule" });
export type RateLimitRule = z.output<typeof rateLimitRule>;

export const rateLimits = z
  .object({
    rules: z.array(rateLimitRule).describe("As configured"),
    limit: rateLimit
      .nullable()
      .describe(
        "How the one that was asked about stands; `null` where no rule is about it, or none was named",
      ),
  })
  .meta({ id: "RateLimits" });
export type RateLimitsShown = z.output<typeof rateLimits>;

export const rateLimitAfterReset = z
  .object({
    limit: rateLimit,
    all_replicas: z.boolean().describe("Whether the other replicas, too, count from new"),
  })
  .meta({ id: "RateLimitAfterReset" });
export type RateLimitAfterReset = z.output<typeof rateLimitAfterReset>;
