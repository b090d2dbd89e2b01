/** RFC 9110 §7.6.1: these speak of one connection, not of the message. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** A cookie of an upstream is no business of the gateway's clients. */
const DROPPED_FROM_RESPONSES: ReadonlySet<string> = new Set([...HOP_BY_HOP, "set-cookie"]);

/** Made anew for the connection to the upstream. */
const DROPPED_FROM_REQUESTS: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  "host",
  "content-length",
  "accept-encoding",
  "expect",
]);

/** Request headers as sent: the caller's, then the configured ones, which win. */
export function requestHeaders(
  given: Readonly<Record<string, string>>,
  configured: Readonly<Record<string, string>>,
): Record<string, string> {
  const sent: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!DROPPED_FROM_REQUESTS.has(name)) {
      sent[name] = value;
    }
  }
  // A compressed event stream would have to be decoded before it can be inspected.
  sent["accept-encoding"] = "identity";
  return Object.assign(sent, configured);
}

/** Response headers for the layers above: single values, end-to-end ones only. */
export function responseHeaders(
  received: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const named = namedBy(received["connection"]);
  const kept: Record<string, string> = {};
  for (const name in received) {
    const value = received[name];
    if (value !== undefined && !DROPPED_FROM_RESPONSES.has(name) && !named.has(name)) {
      kept[name] = Array.isArray(value) ? value.join(", ") : value;
    }
  }
  return kept;
}

const NO_NAMES: ReadonlySet<string> = new Set();

/** The headers that `Connection` says are of the connection. */
function namedBy(connection: string | string[] | undefined): ReadonlySet<string> {
  // What nearly all servers say, which names none.
  if (connection === undefined || connection === "keep-alive" || connection === "close") {
    return NO_NAMES;
  }
  return new Set(
    String(connection)
      .split(",")
      .map((name) => name.trim().toLowerCase()),
  );
}
