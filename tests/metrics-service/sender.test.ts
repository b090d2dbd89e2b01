import { once } from "node:events";
import { createServer, request as httpRequest, type ClientRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { queryDatabase } from "@sark/testkit";
import { createMetricsSender, type RefusedEvent } from "@sark/metrics-sender";
import { startService } from "@sark/metrics-service/testing";
import { afterAll, beforeAll, expect, inject, it } from "vitest";

let service: Awaited<ReturnType<typeof startService>>;
let apiKey: string;
beforeAll(async () => {
  service = await startService(inject("postgresUrl"));
  ({ sender: apiKey } = await service.tenant("acme"));
});
afterAll(() => service.close());

/** Passes requests on, and loses the response of each second one: its sender cannot know that it was taken. */
async function startLosingProxy(): Promise<{
  readonly url: string;
  readonly lost: number;
  close(): Promise<void>;
}> {
  let requests = 0;
  let lost = 0;
  const server: Server = createServer((request, reply) => {
    requests += 1;
    const isLost = requests % 2 === 1;
    const onward: ClientRequest = httpRequest(
      new URL(request.url ?? "/", service.url),
      { method: request.method ?? "GET", headers: { ...request.headers, host: new URL(service.url).host } },
      (response) => {
        if (isLost) {
          response.resume().once("end", () => {
            lost += 1;
            reply.destroy();
          });
        } else {
          reply.writeHead(response.statusCode ?? 502, response.headers);
          response.pipe(reply);
        }
      },
    );
    request.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get lost() {
      return lost;
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

it("counts each event once, although every second response is lost, and tells which are refused [SVC-1]", async () => {
  const proxy = await startLosingProxy();
  const refused: RefusedEvent[] = [];
  const sender = createMetricsSender({
    url: proxy.url,
    apiKey,
    maxBatch: 50,
    retryBaseMs: 1,
    onRefused: (one) => void refused.push(one),
  });
  for (let at = 0; at < 500; at += 1) {
    const user_id = `user-${at % 7}`;
    if (at % 5 === 0) {
      // One in a hundred is no score.
      sender.score({ id: `s-${at}`, user_id, score: at % 100 === 0 ? 101 : at % 100 });
    } else {
      sender.activity({ id: `a-${at}`, user_id, type: "login", attributes: { at } });
    }
  }
  expect(await sender.close(600_000)).toEqual({ unsent: [] });
  await proxy.close();
  expect(proxy.lost).toBeGreaterThanOrEqual(10);
  expect(sender.stats()).toMatchObject({ accepted: 495, duplicates: 0, refused: 5, dropped: 0 });
  expect(refused.map(({ event, field }) => [event.id, field])).toEqual(
    [0, 100, 200, 300, 400].map((at) => [`s-${at}`, "score"]),
  );
  const rows = await queryDatabase(
    service.databaseUrl,
    `SELECT (SELECT count(*)::int FROM metrics.activity_events) AS activity,
            (SELECT count(*)::int FROM metrics.productivity_scores) AS scores`,
  );
  expect(rows).toEqual([{ activity: 400, scores: 95 }]);
});
