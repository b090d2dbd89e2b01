import type { IncomingMessage } from "node:http";
import { TransportError } from "./transport-error.ts";
import { valuesOf } from "./header-values.ts";

/** Refuses a head that says nothing, or more than one thing, of what the request is, for whom, or where its body ends. */
export function checkHead(request: IncomingMessage): void {
  const ambiguity = ambiguityOf(request);
  if (ambiguity !== null) {
    throw new TransportError("malformed_request", ambiguity);
  }
  checkHost(request);
  const { expect } = request.headers;
  if (expect !== undefined && expect.toLowerCase() !== "100-continue") {
    throw new TransportError("expectation_failed", "No other Expect than 100-continue is met.");
  }
}

/**
 * Why what stands in front of the gateway might have read another request, or where else it might have seen the end of this
 * one; `null` where it cannot. What comes after such a request on its connection is part of it to some, and must not be
 * acted upon.
 */
export function ambiguityOf({ httpVersion, url = "", headers }: IncomingMessage): string | null {
  // The parser takes lines of HTTP/0.9 and HTTP/2.0 as well, which have no such head.
  if (httpVersion !== "1.1" && httpVersion !== "1.0") {
    return "Send HTTP/1.1 or HTTP/1.0.";
  }
  if (url.includes("#")) {
    return "The target of a request has no fragment.";
  }
  // Balancers and firewalls with rules for paths compare what they were sent, or what it decodes to.
  if (PLAIN_IN_CODE.test(url.split("?", 1)[0] ?? "")) {
    return "Write letters, digits, dots and hyphens of the path as they are, and not as %.";
  }
  // An authority there counts more than `Host` (RFC 9112, 3.2.2), which is what is checked.
  if (!url.startsWith("/") && url !== "*" && authorityIn(url) !== headers.host?.toLowerCase()) {
    return "The target of the request names another host than Host.";
  }
  const coding = headers["transfer-encoding"];
  // Node unpacks no other coding than this, and HTTP/1.0 has none: its body would end with the connection.
  if (coding !== undefined && (httpVersion === "1.0" || !/^chunked$/i.test(coding.trim()))) {
    return "Send the body with no other Transfer-Encoding than chunked.";
  }
  // Servers on CGI take an underscore for a hyphen.
  if (headers["transfer_encoding"] !== undefined || headers["content_length"] !== undefined) {
    return "Write Transfer-Encoding and Content-Length with hyphens.";
  }
  return null;
}

/** RFC 3986, section 6.2.2.2: of unreserved characters, those that no client encodes. */
const PLAIN_IN_CODE = /%(?:2[de]|3\d|[46][1-9a-f]|[57][\da]|5f)/i;

/** `null` where a target has none that is plain. */
function authorityIn(url: string): string | null {
  return /^https?:\/\/([^/?#@\\]+)(?:[/?]|$)/i.exec(url)?.[1]?.toLowerCase() ?? null;
}

function checkHost(request: IncomingMessage): void {
  const hosts = valuesOf(request, "host").length;
  if (hosts > 1 || (hosts === 0 && request.httpVersion === "1.1")) {
    throw new TransportError("invalid_request", "Send one Host.");
  }
}
