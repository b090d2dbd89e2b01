import {
  UpstreamError,
  type UpstreamReport,
  type UpstreamRequest,
  type UpstreamResponse,
} from "../../domain/upstream.ts";
import { isJsonObject } from "@sark/json";
import { mediaType } from "../../mcp-protocol/http/headers.ts";
import { askOwn, postOwn } from "../own-client/own-requests.ts";
import { RETIRED_TRANSPORT } from "../contract/retired-transport.ts";

const PING = { jsonrpc: "2.0", id: "sark-health-check", method: "ping" } as const;
/** More than any error of a server. */
const MAX_BODY = 64 * 1024;

/**
 * Whether an MCP server responds at an endpoint, to whom the gateway is. Sends nothing but a `ping`, in a session that
 * does not exist: no server opens one for that, and each says by its JSON-RPC that it is there. Rejects with what an
 * operator has to mend.
 */
export async function checkEndpoint(
  name: string,
  path: string,
  exchange: (request: UpstreamRequest) => Promise<UpstreamResponse>,
  signal: AbortSignal,
): Promise<UpstreamReport> {
  const response = await postOwn(exchange, PING, { "mcp-session-id": "sark-health-check" }, signal);
  const { status } = response;
  const fault = (what: string) =>
    new UpstreamError(
      "upstream_unreachable",
      `upstream "${name}" responded to its health check with ${status}: ${what}`,
    );
  if (status >= 500 && status !== 501) {
    response.body.destroy();
    throw fault("it fails");
  }
  if (REFUSED[status] !== undefined) {
    response.body.destroy();
    throw fault(REFUSED[status]);
  }
  if (await isMcp(response)) {
    return {};
  }
  switch (status) {
    case 404:
    case 405:
    case 410:
    case 501:
      if (await speaksEvents(exchange, signal)) {
        throw fault(RETIRED_TRANSPORT);
      }
      throw fault(`there is no MCP endpoint at ${path}; check its url`);
    case 429:
      return { message: "the server limits the gateway's requests (429)" };
    default:
      if (status < 300) {
        throw fault(`what stands at ${path} is no MCP endpoint; check its url`);
      }
      return { message: `the server responded to its health check with ${status} and no JSON-RPC` };
  }
}

const REFUSED: Readonly<Record<number, string>> = {
  401: "it does not accept the gateway's credentials; check `headers`, or `oauth`",
  402: "it wants to be paid before it serves the gateway",
  403: "it forbids the gateway's requests; check `headers` or `oauth`, and the hosts and origins that the server allows",
  407: "a proxy in between does not accept the gateway's credentials",
  421: "it does not serve this host; check its url",
};

/** A JSON-RPC message or a stream of them; a notification is taken with an empty 202. */
async function isMcp({ status, headers, body }: UpstreamResponse): Promise<boolean> {
  const type = mediaType(headers["content-type"]);
  if (status < 300 && (type === "text/event-stream" || status === 202)) {
    body.destroy();
    return true;
  }
  if (type !== "application/json") {
    body.destroy();
    return false;
  }
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY) {
      return false;
    }
    parts.push(part);
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(parts).toString("utf8"));
    return isJsonObject(value) && value["jsonrpc"] === "2.0";
  } catch {
    return false;
  }
}

/** A GET that gets events where no POST is taken: the transport before Streamable HTTP. */
async function speaksEvents(
  exchange: (request: UpstreamRequest) => Promise<UpstreamResponse>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const response = await askOwn(exchange, "GET", { accept: "text/event-stream" }, signal);
    response.body.destroy();
    return response.status === 200 && mediaType(response.headers["content-type"]) === "text/event-stream";
  } catch {
    return false;
  }
}
