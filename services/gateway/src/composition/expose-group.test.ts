import type { Json } from "@sark/json";
import { createRecorder, defineCatalog } from "@sark/observability/metrics";
import { expect, it } from "vitest";
import type { ProcessGroup } from "../domain/process-group.ts";
import { exposeGroup } from "./expose-group.ts";

const MESSAGES = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

const catalog = defineCatalog({
  test_seconds: { type: "histogram", help: "Time.", unit: "seconds", buckets: [1] },
});

/** Two workers that have seen a value each; questions and responses are JSON on their way. */
function twoWorkers(nativeHistograms: boolean) {
  const responders: ((question: Json) => Json | Promise<Json>)[] = [];
  const expositions = ["1", "2"].map((worker) => {
    const recorder = createRecorder(catalog, { defaultLabels: { worker }, nativeHistograms });
    recorder.observe("test_seconds", {}, Number(worker));
    const group: ProcessGroup = {
      worker: Number(worker),
      onAsked: (_topic, respond) => void responders.push(respond),
      ask: async (_topic, question) =>
        Promise.all(
          responders.map(async (respond) => JSON.parse(JSON.stringify(await respond(question))) as Json),
        ),
    };
    return { alone: recorder, together: exposeGroup(group, recorder) };
  });
  return { expositions };
}

it("shows the messages of all workers, whichever is asked, byte by byte [GTW-6] [MET-12]", async () => {
  const { expositions } = twoWorkers(true);
  const alone = await Promise.all(expositions.map(({ alone: own }) => own.expose(MESSAGES)));
  const all = Buffer.concat(alone.map(({ body }) => Buffer.from(body)));
  for (const { together } of expositions) {
    const { contentType, body } = await together.expose(MESSAGES);
    expect(contentType).toContain("application/vnd.google.protobuf");
    expect(body).toEqual(all);
  }
});

it("shows one text where no worker has messages [GTW-6]", async () => {
  const { expositions } = twoWorkers(false);
  const { contentType, body } = (await expositions[0]?.together.expose(MESSAGES)) ?? {};
  expect(contentType).toContain("text/plain");
  expect(body).toContain('test_seconds_count{worker="1"} 1\ntest_seconds_bucket{le="1",worker="2"} 0');
});
