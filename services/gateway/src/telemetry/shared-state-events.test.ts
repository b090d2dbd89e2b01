import { createRecorder } from "@sark/observability/metrics";
import { expect, it } from "vitest";
import { gatewayCatalog } from "./catalog.ts";
import { createSharedStateEvents } from "./shared-state-events.ts";
import { silentLogger } from "./testing/silent-logger.ts";

it("tells nothing shared, where the gauge is absent, from a shared state that is away, where it is 0 [MET-11]", async () => {
  const recorder = createRecorder(gatewayCatalog);
  const events = createSharedStateEvents({ recorder, logger: silentLogger() });
  const values = async () =>
    (await recorder.series())
      .filter(({ name }) => name === "sark_gateway_shared_state_up")
      .map(({ value }) => value);
  expect(await values()).toEqual([]);
  events.wentDown({ code: "unreachable", message: "refused" });
  expect(await values()).toEqual([0]);
  events.cameUp();
  expect(await values()).toEqual([1]);
});
