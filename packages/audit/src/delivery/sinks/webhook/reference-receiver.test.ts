import { TEST_PRODUCER } from "../../testing/producer.ts";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, expect, it } from "vitest";
import { destinationSchema } from "../../config.ts";
import { createDestination } from "../../create-destination.ts";
import type { Sink } from "../../domain/sink.ts";
import { makeEvents } from "../../testing/events.ts";
import { sendOnce } from "../../testing/sinks.ts";

const KEY = `whsec_${Buffer.from("a key of twenty-four bytes!").toString("base64")}`;

let server: Server;
let received: unknown[];
let sink: Sink;

/** As the documentation of Standard Webhooks shows it: the raw body into the library, 400 when that refuses. */
beforeEach(async () => {
  received = [];
  server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const headers = request.headers as Record<string, string>;
      try {
        received.push(new Webhook(KEY).verify(body.toString(), headers));
        response.writeHead(204).end();
      } catch (error) {
        response.writeHead(400).end(String(error));
      }
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
});
afterEach(async () => {
  await sink.close();
  server.closeAllConnections();
  server.close();
});

function connect(secret: string): Sink {
  const config = destinationSchema.parse({
    name: "hook",
    sink: {
      type: "webhook",
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      secret: "${S}",
    },
  });
  ({ sink } = createDestination(config, TEST_PRODUCER, { S: secret }));
  return sink;
}

it("is verified by the reference library with its defaults, characters of all kinds included [SIEM-1]", async () => {
  const events = makeEvents(3, (seq) => ({ reason: `é \u2028 "quoted" \u{1F600} ${seq}` }));
  expect(await sendOnce(connect(KEY), events)).toEqual({ kind: "delivered" });
  expect(received).toEqual([events.map(({ seq, record }) => ({ seq, ...record }))]);
});

it("takes a key that the receiver does not share for a fault of configuration, and condemns no event [SIEM-5]", async () => {
  const result = await sendOnce(connect(`whsec_${"b".repeat(32)}`), makeEvents(3));
  expect(result).toMatchObject({ kind: "configuration", reason: /No matching signature/ });
  expect(received).toEqual([]);
});
