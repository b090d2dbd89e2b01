import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished, vi } from "vitest";
import { defineCatalog } from "../metrics/catalog.ts";
import { createRecorder } from "../metrics/recorder.ts";
import { pushMetrics } from "./push-metrics.ts";

const catalog = defineCatalog({ test_calls_total: { type: "counter", help: "Calls.", unit: "1" } });

async function pushing(respond: (response: ServerResponse) => void) {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    request.resume().once("end", () => respond(response));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const told: (string | null)[] = [];
  const push = pushMetrics({
    recorder: createRecorder(catalog),
    catalog,
    service: "test",
    version: "0",
    environment: "test",
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metrics`,
    intervalMs: 3_600_000,
    onPushed: (problem) => void told.push(problem),
  });
  return { push, told, requests: () => requests };
}

it.each([
  ["it responds with an error", 503, "", /responded with 503/],
  ["it refuses a part", 200, '{"partialSuccess":{"rejectedDataPoints":"7"}}', /refused 7 data points/],
])("says that a collector did not take the metrics: %s", async (_case, status, body, problem) => {
  const { push, told } = await pushing((response) => response.writeHead(status).end(body));
  await push.push();
  expect(told).toEqual([expect.stringMatching(problem)]);
  await push.close();
});

it("has one request under way whatever is asked of it, and ends with a collector that hangs", async () => {
  const held: ServerResponse[] = [];
  const { push, told, requests } = await pushing((response) => void held.push(response));
  const asked = Array.from({ length: 100 }, () => push.push());
  await vi.waitFor(() => expect(held).toHaveLength(1));
  await push.close(1);
  await Promise.all(asked);
  expect(requests()).toBe(1);
  expect(told).toHaveLength(1);
  expect(told[0]).not.toBeNull();
});
