import { oneOf } from "@sark/observability/metrics";
import { gauge } from "./define.ts";

/** Of the blackbox exporter: what a client sees of an address, which is the label `instance`. */
export const blackboxCatalog = {
  probe_success: gauge("Whether the address responded as it should."),
  probe_duration_seconds: gauge("How long the probe took.", "seconds"),
  probe_dns_lookup_time_seconds: gauge("How long the look-up of the name took.", "seconds"),
  probe_http_duration_seconds: gauge("How long each part of a request took.", "seconds", {
    phase: oneOf("resolve", "connect", "tls", "processing", "transfer"),
  }),
  probe_http_ssl: gauge("Whether the response came over TLS."),
  probe_http_status_code: gauge("Status of the response."),
  probe_http_version: gauge("Version of HTTP."),
  probe_ssl_earliest_cert_expiry: gauge(
    "When the first certificate of the chain expires, in seconds since 1970.",
    "seconds",
  ),
} as const;
