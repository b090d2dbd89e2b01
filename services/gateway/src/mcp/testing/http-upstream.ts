import { Agent, request } from "undici";
import { UpstreamError, type Upstream } from "../../domain/upstream.ts";

/** An upstream server over plain HTTP, as simple as can be: what the tests of this folder proxy to. */
export function httpUpstream(name: string, url: string): Upstream {
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  return {
    name,
    transport: "tcp",
    propagateTrace: true,
    async exchange({ method, headers, body, signal }) {
      try {
        const response = await request(url, { dispatcher: agent, method, headers, body, signal });
        const kept = Object.entries(response.headers).map(([key, value]) => [key, String(value)]);
        return { status: response.statusCode, headers: Object.fromEntries(kept), body: response.body };
      } catch (cause) {
        const code = signal.aborted ? "cancelled" : "upstream_unreachable";
        throw new UpstreamError(code, `exchange with ${name} failed`, { cause });
      }
    },
    check: () => Promise.resolve({}),
    close: () => agent.close(),
  };
}
