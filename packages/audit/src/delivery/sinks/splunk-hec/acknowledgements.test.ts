import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Sink } from "../../domain/sink.ts";
import { makeEvent } from "../../testing/events.ts";
import { sendOnce, settled, testContext } from "../../testing/sinks.ts";
import { splunkHecSchema } from "./config.ts";
import { createSplunkHecSink } from "./splunk-hec-sink.ts";

function connect(url: string, acknowledgementPollInterval = "5ms"): Sink {
  const token = "${TOKEN}";
  const settings = splunkHecSchema.parse({ type: "splunk_hec", url, token, acknowledgementPollInterval });
  const sink = createSplunkHecSink(
    settings,
    testContext({ environment: { TOKEN: "t" }, compression: "none" }),
  );
  onTestFinished(() => sink.close());
  return sink;
}

describe("acknowledgements of a collector that restarts, and counts from 0 again", () => {
  /** The least that a collector does: numbers per channel, forgotten by `restart`. */
  async function startForgetful() {
    let numbers = new Map<string, number>();
    const indexed = new Set<string>();
    const channels: string[] = [];
    let asked = Promise.withResolvers<void>();
    let failures = 0;
    async function respond(request: IncomingMessage): Promise<{ status?: number; body: object }> {
      const channel = String(request.headers["x-splunk-request-channel"]);
      const { acks = [] } = (await json(request)) as { acks?: number[] };
      if (request.url?.endsWith("/ack") === true) {
        const told = acks.map((id) => [id, indexed.delete(`${channel} ${id}`)]);
        asked.resolve();
        asked = Promise.withResolvers();
        return { body: { acks: Object.fromEntries(told) as unknown } };
      }
      if (failures > 0) {
        failures -= 1;
        return { status: 503, body: { text: "Server is shutting down", code: 23 } };
      }
      const ackId = numbers.get(channel) ?? 0;
      numbers.set(channel, ackId + 1);
      channels.push(channel);
      return { body: { text: "Success", code: 0, ackId } };
    }
    const server = createServer((request, response) => {
      void respond(request).then(({ status = 200, body }) =>
        response.writeHead(status).end(JSON.stringify(body)),
      );
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      channels,
      restart: () => void (numbers = new Map()),
      /** Once a question is responded to that arrives from now on: those after it are asked later than now. */
      untilAsked: () => asked.promise,
      index: (channel: string, id: number) => void indexed.add(`${channel} ${id}`),
      fail: (times: number) => void (failures = times),
    };
  }

  it("takes what it had before for lost: its true speaks of what came later [SIEM-5]", async () => {
    const collector = await startForgetful();
    const sink = connect(collector.url, "50ms");
    const before = await sendOnce(sink, [makeEvent(0)]);
    collector.restart();
    const after = await sendOnce(sink, [makeEvent(1)]);
    const [channel = ""] = collector.channels;
    // A question may be under way that knows of the first one alone.
    await collector.untilAsked();
    collector.index(channel, 0);
    expect(await settled(before)).toMatchObject({ kind: "maybe_duplicate", reason: /lost its acknow/ });
    expect(await settled(after)).toEqual({ kind: "delivered" });
    await sendOnce(sink, [makeEvent(0)]);
    expect(collector.channels[2]).not.toBe(channel);
  });

  it("tells of one failure, however many requests were lost with it [SIEM-4]", async () => {
    const collector = await startForgetful();
    const sink = connect(collector.url, "50ms");
    const lost = [await sendOnce(sink, [makeEvent(0)]), await sendOnce(sink, [makeEvent(1)])];
    lost.push(await sendOnce(sink, [makeEvent(2)]));
    collector.restart();
    await sendOnce(sink, [makeEvent(3)]);
    const ends = await Promise.all(lost.map(settled));
    expect(ends.map((end) => [end.kind, "repeated" in end && end.repeated])).toEqual([
      ["maybe_duplicate", false],
      ["maybe_duplicate", true],
      ["maybe_duplicate", true],
    ]);
  });

  it("sends on another channel after a failure, and asks for what waits on the old one [SIEM-5]", async () => {
    const collector = await startForgetful();
    const sink = connect(collector.url);
    const before = await sendOnce(sink, [makeEvent(0)]);
    collector.fail(1);
    expect(await sendOnce(sink, [makeEvent(1)])).toMatchObject({ kind: "maybe_duplicate" });
    collector.restart();
    const after = await sendOnce(sink, [makeEvent(1)]);
    const [old = "", other = ""] = collector.channels;
    expect(other).not.toBe(old);
    await collector.untilAsked();
    collector.index(other, 0);
    expect(await settled(after)).toEqual({ kind: "delivered" });
    collector.index(old, 0);
    expect(await settled(before)).toEqual({ kind: "delivered" });
  });
});
