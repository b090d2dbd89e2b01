import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { expect, onTestFinished } from "vitest";

export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: { key: string; value: Record<string, unknown> }[];
  events: { name: string; attributes: { key: string; value: { stringValue: string } }[] }[];
  links: { traceId: string }[];
  status: { code?: number; message?: string };
}
interface OtlpExport {
  resourceSpans: {
    resource: { attributes: OtlpSpan["attributes"] };
    scopeSpans: { scope: { name: string; version: string }; spans: OtlpSpan[] }[];
  }[];
}

/** A receiver of OTLP/HTTP in JSON on loopback, which responds as told. */
export async function receiveSpans(
  respond: (request: IncomingMessage, response: ServerResponse) => void = accept,
) {
  const exports: OtlpExport[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      expect(request.method).toBe("POST");
      expect(request.headers["content-type"]).toBe("application/json");
      const body = (await json(request)) as OtlpExport;
      exports.push(body);
      respond(request, response);
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    exports,
    spans: () =>
      exports.flatMap((one) =>
        one.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((scope) => scope.spans)),
      ),
  };
}

function accept(_request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("content-type", "application/json").end("{}");
}
