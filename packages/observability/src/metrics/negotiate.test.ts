import { expect, it } from "vitest";
import { negotiate } from "./negotiate.ts";

/** What Prometheus 2.42 and 3.x send. */
const PROMETHEUS_2 =
  "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const PROMETHEUS_3 =
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

it.each([
  [undefined, "text"],
  ["", "text"],
  ["*/*", "text"],
  ["text/plain", "text"],
  ["text/html, */*;q=0.1", "text"],
  ["application/openmetrics-text", "openmetrics"],
  ["Application/OpenMetrics-Text; Version=1.0.0; charset=utf-8", "openmetrics"],
  ["application/openmetrics-text; version=0.0.1", "text"],
  ["application/openmetrics-text;q=0, text/plain", "text"],
  ["application/openmetrics-text;q=0.3, text/plain;q=0.5", "text"],
  ["application/openmetrics-text;q=high", "text"],
  [PROMETHEUS_2, "openmetrics"],
  [PROMETHEUS_3, "openmetrics"],
])("responds to Accept %j with %s [MET-7]", (accept, format) => {
  expect(negotiate(accept)).toBe(format);
});

/** What Prometheus 2.42 and 3.x send where native histograms are wanted. */
const NATIVE_2 =
  "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const NATIVE_3 =
  "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;escaping=allow-utf-8;q=0.7,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

it.each([
  [NATIVE_2, "protobuf"],
  [NATIVE_3, "protobuf"],
  [PROMETHEUS_3, "openmetrics"],
  [undefined, "text"],
  ["*/*", "text"],
  ["application/*", "text"],
  ["application/vnd.google.protobuf", "text"],
  ["application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", "text"],
  ["application/vnd.google.protobuf;proto=another.Message;encoding=delimited", "text"],
  [NATIVE_3.replace("q=0.7", "q=0"), "openmetrics"],
  [NATIVE_3.replace("q=0.7", "q=0.5"), "openmetrics"],
])("responds with messages where they are kept and named best: %j gets %s [MET-7]", (accept, format) => {
  expect(negotiate(accept, true)).toBe(format);
});

it("knows no messages where none are kept [MET-7]", () => {
  expect(negotiate(NATIVE_2)).toBe("openmetrics");
  expect(negotiate(NATIVE_3)).toBe("openmetrics");
});
