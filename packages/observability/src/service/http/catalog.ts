import { defineCatalog } from "../../metrics/catalog.ts";
import { bounded, httpStatus, oneOf } from "../../metrics/labels.ts";

/** Of OpenTelemetry's conventions; others that Node.js reads are `_OTHER`. */
const KNOWN_METHODS = [
  "CONNECT",
  "DELETE",
  "GET",
  "HEAD",
  "OPTIONS",
  "PATCH",
  "POST",
  "PUT",
  "TRACE",
] as const;
const OTHER_METHOD = "_OTHER";

export function knownMethod(method: string): (typeof KNOWN_METHODS)[number] | typeof OTHER_METHOD {
  return KNOWN_METHODS.find((known) => known === method) ?? OTHER_METHOD;
}

const method = oneOf(...KNOWN_METHODS, OTHER_METHOD);

/** HTTP requests by the names of OpenTelemetry's conventions, in the form that Prometheus gives them. */
export const httpServerCatalog = defineCatalog({
  http_server_request_duration_seconds: {
    type: "histogram",
    help: "Time from a request's head to the end of its response (OpenTelemetry http.server.request.duration).",
    question: "How long do requests of this route take, and how many fail?",
    unit: "seconds",
    labels: {
      http_request_method: method,
      http_route: bounded(200),
      http_response_status_code: httpStatus(),
    },
    bucketsBecause: "the advice of the OpenTelemetry convention, so that dashboards for it fit",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    maxSeries: 2_000,
  },
  http_server_active_requests: {
    type: "gauge",
    help: "Requests being served right now (OpenTelemetry http.server.active_requests).",
    question: "How many requests are being served?",
    unit: "1",
    labels: { http_request_method: method },
  },
});
/** The type of `httpServerCatalog`, for a recorder that has it merged in. */
export type HttpServerCatalog = typeof httpServerCatalog;
