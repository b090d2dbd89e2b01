import { byteSizeSchema, durationSchema } from "@sark/observability/settings";
import { z } from "zod";
import { originSchema, subnetSchema } from "./address-settings.ts";

const duration = durationSchema();
const size = byteSizeSchema();
const count = z.number().int().positive();

/** Settings of every service's HTTP server, for its section `http`: what a client may cost, and who it may be. `port` is the default. */
export const serverSettings = (port: number) => ({
  host: z
    .string()
    .default("127.0.0.1")
    .describe("Address to listen on; loopback unless you say otherwise. `localhost` is 127.0.0.1."),
  port: z.number().int().min(0).max(65535).default(port).describe("Port to listen on; 0 picks a free one."),
  headersTimeout: duration.prefault("10s").describe("A client has this long to send its request head."),
  requestTimeout: duration.prefault("30s").describe("A client has this long to send its whole request."),
  maxConnections: count.default(10_000).describe("Connections beyond this are refused."),
  maxRequestsPerCaller: count.default(1_000).describe("Requests of one caller in flight; more get 429."),
  maxBufferedSize: size
    .prefault("256MiB")
    .describe(
      "Request bodies held at once, of all callers; more are refused with 503, apart from 256 KiB of each caller.",
    ),
  maxBufferedSizePerCaller: size
    .prefault("64MiB")
    .describe(
      "Request bodies of one caller held at once; more are refused with 429. A caller never holds more than is still free of `http.maxBufferedSize`.",
    ),
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
    .describe(
      "Origins of browser pages that may call and read the responses (CORS); requests of any other origin are refused with 403.",
    ),
  trustedProxies: z
    .array(subnetSchema)
    .max(100)
    .default([])
    .describe(
      "Proxies in front of the service, as addresses or subnets (`10.0.0.0/8`). Of their requests, the client is the last address in `X-Forwarded-For` that is none of them; of any other request that header counts for nothing.",
    ),
  drainDelay: durationSchema({ min: "0s" })
    .prefault("0s")
    .describe(
      "On shutdown, readiness says 503 this long before connections are refused, so that load balancers notice.",
    ),
  drainTimeout: duration.prefault("10s").describe("On shutdown, requests in flight have this long to end."),
});
