import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import type { Sink } from "../domain/sink.ts";
import { makeEvent } from "../testing/events.ts";
import { sendOnce, testContext } from "../testing/sinks.ts";
import { datadogSchema } from "./datadog/config.ts";
import { createDatadogSink } from "./datadog/datadog-sink.ts";
import { otlpSchema } from "./otlp/config.ts";
import { createOtlpSink } from "./otlp/otlp-sink.ts";
import { splunkHecSchema } from "./splunk-hec/config.ts";
import { createSplunkHecSink } from "./splunk-hec/splunk-hec-sink.ts";

const SECRET = "planted-secret-of-some-length";
let server: Server;
let url: string;
/** Stands before what is echoed. */
let before: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    const { authorization, "dd-api-key": apiKey } = request.headers;
    response.writeHead(403).end(`${before}${authorization ?? ""}${String(apiKey ?? "")}`);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const context = testContext({ environment: { SECRET } });
const secret = "${SECRET}";
const SINKS: Record<string, () => Sink> = {
  splunk_hec: () =>
    createSplunkHecSink(splunkHecSchema.parse({ type: "splunk_hec", url, token: secret }), context),
  datadog: () => createDatadogSink(datadogSchema.parse({ type: "datadog", url, apiKey: secret }), context),
  otlp: () =>
    createOtlpSink(otlpSchema.parse({ type: "otlp", url, headers: { authorization: secret } }), context),
};

it.each(Object.keys(SINKS))(
  "what %s says of a response holds no secret that the receiver repeats, also where it is cut [SIEM-6]",
  async (name) => {
    const sink = SINKS[name]?.();
    if (sink === undefined) {
      throw new Error(name);
    }
    onTestFinished(() => sink.close());
    for (before of ["", "x".repeat(285)]) {
      const result = JSON.stringify(await sendOnce(sink, [makeEvent(0)]));
      expect(result).toMatch(/status 403: .*\[secret/);
      expect(result).not.toContain("planted");
      // Only a connection is made to a receiver of OTLP.
      if (name === "otlp") {
        await sink.check(new AbortController().signal);
      } else {
        await expect(sink.check(new AbortController().signal)).rejects.not.toThrow(/planted/);
      }
    }
  },
);
