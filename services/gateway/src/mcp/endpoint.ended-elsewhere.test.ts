import { randomBytes } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import type { SessionNews, Sessions } from "../domain/sessions.ts";
import { ask, messagesOf, reading } from "./testing/ask.ts";
import { event, eventStream, resultOf } from "./testing/scripted-upstream.ts";
import { openSession, outcomesOf, sessionGateway, toolCall } from "./testing/session-gateway.ts";
import { unboundedSessions } from "./testing/unbounded-sessions.ts";

/** Two replicas that tell each other what they see, in the session that a client has opened at the first one. */
async function twoReplicas() {
  const sessionKey = randomBytes(32);
  const listeners: ((news: SessionNews) => void)[] = [];
  const announced: SessionNews[] = [];
  const announcing = (): Sessions => {
    let own: (news: SessionNews) => void = () => undefined;
    return {
      ...unboundedSessions(),
      announce(news) {
        announced.push(news);
        listeners.filter((listener) => listener !== own).forEach((listener) => listener(news));
      },
      onAnnounced: (listener) => void listeners.push((own = listener)),
    };
  };
  const posted = eventStream();
  const resumed = eventStream();
  const start = () =>
    sessionGateway((sent) => (sent.method === "GET" ? resumed.response : posted.response), {
      sessionKey,
      sessions: announcing(),
      limits: { maxRecordedResult: 200 },
    });
  const [first, second] = [await start(), await start()];
  const headers = await openSession(first.gateway);
  return { first: first.gateway, second: second.gateway, headers, posted, resumed, announced };
}

type Replicas = Awaited<ReturnType<typeof twoReplicas>>;

/** A call whose stream its server has ended before the response, at the first replica. */
async function interrupted({ first, headers, posted }: Replicas): Promise<void> {
  const seen = reading(await ask(first, { body: toolCall(), headers }));
  posted.send("id: e1\ndata: \n\n");
  posted.stream.push(null);
  await vi.waitFor(() => expect(seen.ended).toBe(true));
}

async function resume(
  { second, headers }: Replicas,
  more: Record<string, string> = { "last-event-id": second.eventId("e1") },
) {
  return reading(await ask(second, { method: "GET", headers: { ...headers, ...more } }));
}

const resultsOf = ({ first }: Replicas) =>
  first.governor.calls("tools/call").flatMap(({ results }) => results);

describe("a response that comes by a stream which is taken up again at another replica [GTW-6]", () => {
  it("ends the call where its intent is, as it ended, with what is recorded of its result", async () => {
    const replicas = await twoReplicas();
    await interrupted(replicas);
    const seen = await resume(replicas);
    const result = { isError: true, content: [{ type: "text", text: "no" }] };
    replicas.resumed.send(event(resultOf(1, result)));
    await vi.waitFor(() => expect(outcomesOf(replicas.first)).toEqual(["tool_error"]));
    expect(messagesOf(seen.text)).toEqual([resultOf(1, result)]);
    expect(resultsOf(replicas)).toEqual([
      { outcome: "tool_error", message: "The tool reported an error.", result },
    ]);
  });

  it("that is an error says its code, and one that is too large to be recorded comes without its text", async () => {
    const failed = await twoReplicas();
    await interrupted(failed);
    await resume(failed);
    failed.resumed.send(event({ jsonrpc: "2.0", id: 1, error: { code: -32_042, message: "x" } }));
    await vi.waitFor(() =>
      expect(resultsOf(failed)).toMatchObject([{ outcome: "protocol_error", errorCode: -32_042 }]),
    );
    const large = await twoReplicas();
    await interrupted(large);
    await resume(large);
    large.resumed.send(event(resultOf(1, { content: [{ type: "text", text: "x".repeat(1_000) }] })));
    await vi.waitFor(() => expect(resultsOf(large)).toEqual([{ outcome: "ok" }]));
    expect(large.announced).toMatchObject([{ what: "ended", response: null }]);
  });

  it("is that of a call whose own stream ends only then; one that goes on has its own response", async () => {
    const replicas = await twoReplicas();
    const seen = reading(await ask(replicas.first, { body: toolCall(), headers: replicas.headers }));
    replicas.posted.send("id: e1\ndata: \n\n");
    await vi.waitFor(() => expect(seen.text).not.toBe(""));
    await resume(replicas);
    replicas.resumed.send(event(resultOf(1)));
    await vi.waitFor(() => expect(replicas.announced).toHaveLength(1));
    expect(outcomesOf(replicas.first)).toEqual([]);
    replicas.posted.stream.push(null);
    await vi.waitFor(() => expect(outcomesOf(replicas.first)).toEqual(["ok"]));

    const both = await twoReplicas();
    const own = reading(await ask(both.first, { body: toolCall(), headers: both.headers }));
    await resume(both);
    both.resumed.send(event(resultOf(1, { isError: true })));
    await vi.waitFor(() => expect(both.announced).toHaveLength(1));
    both.posted.send(event(resultOf(1)));
    await vi.waitFor(() => expect(own.ended || own.text.includes("result")).toBe(true));
    expect(messagesOf(own.text)).toEqual([resultOf(1)]);
    expect(outcomesOf(both.first)).toEqual(["ok"]);
  });

  it("is not announced where it is none: of a stream that resumes nothing, or of a call of this replica", async () => {
    const replicas = await twoReplicas();
    await interrupted(replicas);
    const listening = await resume(replicas, {});
    replicas.resumed.send(event(resultOf(1)) + event({ jsonrpc: "2.0", method: "notifications/x" }));
    await vi.waitFor(() => expect(messagesOf(listening.text)).toHaveLength(1));
    expect(replicas.announced).toEqual([]);
    expect(outcomesOf(replicas.first)).toEqual([]);

    const own = await twoReplicas();
    await interrupted(own);
    reading(
      await ask(own.first, {
        method: "GET",
        headers: { ...own.headers, "last-event-id": own.first.eventId("e1") },
      }),
    );
    own.resumed.send(event(resultOf(1)));
    await vi.waitFor(() => expect(outcomesOf(own.first)).toEqual(["ok"]));
    expect(own.announced).toEqual([]);
  });
});
