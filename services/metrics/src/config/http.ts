import { originSchema, subnetSchema } from "@sark/http-service/config";
import { byteSizeSchema, durationSchema } from "@sark/observability/settings";
import { z } from "zod";

const duration = durationSchema();
const size = byteSizeSchema();
const count = z.number().int().positive();

/** Section `http`: where the service listens, and what a client may cost. */
export const httpSchema = z.strictObject({
  host: z
    .string()
    .default("127.0.0.1")
    .describe("Address to listen on; loopback unless you say otherwise. `localhost` is 127.0.0.1."),
  port: z.number().int().min(0).max(65535).default(8100).describe("Port to listen on; 0 picks a free one."),
  maxBodySize: size
    .prefault("8MiB")
    .describe("Largest request body, and the most that a packed one may hold; a larger one gets 413."),
  headersTimeout: duration.prefault("10s").describe("A client has this long to send its request head."),
  requestTimeout: duration.prefault("30s").describe("A client has this long to send its whole request."),
  maxConnections: count.default(10_000).describe("Connections beyond this are refused."),
  maxRequestsPerCaller: count.default(1_000).describe("Requests of one caller in flight; more get 429."),
  maxBufferedSize: size
    .prefault("256MiB")
    .describe("Request bodies held at once, of all callers; more are refused with 503."),
  maxBufferedSizePerCaller: size
    .prefault("64MiB")
    .describe("Request bodies of one caller held at once; more are refused with 429."),
  stallTimeout: duration
    .prefault("1m")
    .describe("A client that takes nothing of its response for this long is cut off."),
  allowedHosts: z
    .array(z.string())
    .default([])
    .describe(
      "Host names accepted in `Host` besides loopback ones; empty accepts any when not bound to loopback.",
    ),
  allowedOrigins: z
    .array(originSchema)
    .default([])
    .describe("Origins of browser pages that may call and read the responses (CORS)."),
  trustedProxies: z
    .array(subnetSchema)
    .max(100)
    .default([])
    .describe("Proxies in front of the service, as addresses or subnets, whose `X-Forwarded-For` counts."),
  drainDelay: durationSchema({ min: "0s" })
    .prefault("0s")
    .describe("On shutdown, readiness says 503 this long before connections are refused."),
  drainTimeout: duration.prefault("10s").describe("On shutdown, requests in flight have this long to end."),
});
