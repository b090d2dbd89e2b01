import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { createSeal, type SharedState } from "@sark/shared-state";
import { describe, expect, it, vi } from "vitest";
import type { UpstreamRequest, UpstreamResponse } from "../../domain/upstream.ts";
import type { ObservedUpstream, UpstreamObserver } from "../contract/observer.ts";
import { callerOf } from "../testing/requests.ts";
import { renewSessions } from "./renew-sessions.ts";
import { createSharedBeginnings, type SharedBeginnings } from "./shared-beginnings.ts";

const INITIALIZE = { jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2025-06-18" } };
const CALL = { jsonrpc: "2.0", id: 2, method: "tools/list" };

/** No counter has such ones. */
const FIRST = "0b7f4e0c-5a52-4b0c-9d6e-2f6f0f6a9c11";
const SECOND = "d3c1a7f2-8e94-4f5b-a0c7-71b5b0c3e2aa";

interface Sent {
  readonly what: string;
  readonly id: string | undefined;
  respond(status: number, headers?: Record<string, string>): void;
}

/** A server whose responses a test gives one by one. */
function scripted(shared: SharedBeginnings | null = null) {
  const sent: Sent[] = [];
  const told: string[] = [];
  const upstream = {
    name: "s",
    exchange: ({ method, messages, headers }: UpstreamRequest) =>
      new Promise<UpstreamResponse>((resolve) => {
        const [message] = messages ?? [];
        sent.push({
          what: message !== undefined && "method" in message ? message.method : method,
          id: headers["mcp-session-id"],
          respond(status, more = {}) {
            const result = { jsonrpc: "2.0", id: 1, result: { protocolVersion: "2025-06-18" } };
            const body = Readable.from([Buffer.from(JSON.stringify(result))]);
            resolve({
              status,
              headers: { "content-type": "application/json", ...more },
              body,
            });
          },
        });
      }),
  } as unknown as ObservedUpstream;
  const observer: UpstreamObserver = (_name, { type }) => void told.push(type);
  const renewing = renewSessions(upstream, { upTo: "none", shared, observer });
  const exchange = (message: object | null, id?: string) =>
    renewing.exchange({
      method: message === null ? "DELETE" : "POST",
      headers: id === undefined ? {} : { "mcp-session-id": id },
      messages: message === null ? null : [message as never],
      body: message === null ? null : Buffer.from(JSON.stringify(message)),
      signal: new AbortController().signal,
      caller: shared === null ? null : callerOf("alice"),
    });
  const next = async (at: number) => {
    await vi.waitFor(() => expect(sent.length).toBeGreaterThan(at), { interval: 1 });
    return sent[at]!;
  };
  const names: Record<string, string> = { [FIRST]: "first", [SECOND]: "second" };
  const whatWasSent = () => sent.map(({ what, id }) => `${what} ${names[id ?? ""] ?? ""}`.trim());
  const begin = async () => {
    const begun = exchange(INITIALIZE);
    (await next(0)).respond(200, { "mcp-session-id": FIRST });
    (await begun).body.destroy();
  };
  return { exchange, next, whatWasSent, begin, told };
}

describe("a session that is ended while another would begin in its place [GTW-2]", () => {
  it("has none: a call that its server refuses by then is not made", async () => {
    const { exchange, next, whatWasSent, begin, told } = scripted();
    await begin();
    const call = exchange(CALL, FIRST);
    const running = await next(1);
    const ending = exchange(null, FIRST);
    (await next(2)).respond(200);
    expect((await ending).status).toBe(200);
    running.respond(404);
    expect(await call).toMatchObject({ status: 404, sessionEnds: true });
    expect(whatWasSent()).toEqual(["initialize", "tools/list first", "DELETE first"]);
    expect(told).toEqual([]);
  });

  it("leaves nothing at its server: the one that had begun is ended, and the call is not made in it", async () => {
    const { exchange, next, whatWasSent, begin, told } = scripted();
    await begin();
    const call = exchange(CALL, FIRST);
    (await next(1)).respond(404);
    (await next(2)).respond(404);
    const renewal = await next(3);
    const ending = exchange(null, FIRST);
    (await next(4)).respond(404);
    expect((await ending).status).toBe(404);
    renewal.respond(200, { "mcp-session-id": SECOND });
    (await next(5)).respond(202);
    (await next(6)).respond(200);
    expect(await call).toMatchObject({ status: 404, sessionEnds: true });
    expect(whatWasSent()).toEqual([
      "initialize",
      "tools/list first",
      "ping first",
      "initialize",
      "DELETE first",
      "notifications/initialized second",
      "DELETE second",
    ]);
    expect(told).toEqual([]);
  });

  it("has none either where its client has ended it at another replica [GTW-6]", async () => {
    const kept = new Map<string, string>();
    const state: Pick<SharedState, "run"> = {
      async run(script, [key = ""], [one = "", two = ""]) {
        const found = kept.get(key) ?? null;
        if (script.text.includes("'DEL'")) {
          kept.delete(key);
        } else if (script.text.includes("~=")) {
          return found === one ? (kept.set(key, two), 1) : 0;
        } else if (script.text.includes("'SET'")) {
          kept.set(key, one);
          return 1;
        }
        return found;
      },
    };
    const seal = createSeal(randomBytes(32), "beginnings");
    const { exchange, next, whatWasSent, begin } = scripted(
      createSharedBeginnings({ state, seal, keptMs: 60_000 }),
    );
    await begin();
    expect(kept.size).toBe(1);
    const call = exchange(CALL, FIRST);
    const running = await next(1);
    kept.clear();
    running.respond(404);
    expect(await call).toMatchObject({ status: 404, sessionEnds: true });
    expect(whatWasSent()).toEqual(["initialize", "tools/list first"]);
  });

  it("is renewed as long as it is not ended", async () => {
    const { exchange, next, whatWasSent, begin, told } = scripted();
    await begin();
    const call = exchange(CALL, FIRST);
    (await next(1)).respond(404);
    (await next(2)).respond(404);
    (await next(3)).respond(200, { "mcp-session-id": SECOND });
    (await next(4)).respond(202);
    (await next(5)).respond(200);
    expect((await call).status).toBe(200);
    expect(whatWasSent().at(-1)).toBe("tools/list second");
    expect(told).toEqual(["session_renewed"]);
  });
});
