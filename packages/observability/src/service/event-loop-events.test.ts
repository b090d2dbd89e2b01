import { expect, it } from "vitest";
import { createLogger } from "../logging/logger.ts";
import { createRecorder } from "../metrics/recorder.ts";
import { createEventLoopEvents } from "./event-loop-events.ts";
import { instrumentCatalog } from "./instrument-catalog.ts";

it("a stall is counted, and said with what ran, so often in a minute [LOG-4]", async () => {
  const lines: Record<string, unknown>[] = [];
  const recorder = createRecorder(instrumentCatalog);
  const logger = createLogger({
    service: "shop",
    environment: "test",
    version: "0",
    level: "info",
    destination: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const { stalled } = createEventLoopEvents({ recorder, logger });
  stalled({ ms: 2_500, cpuMs: 2_400, stack: ["parse (file:///app/json.ts:7)"] });
  for (let count = 0; count < 100; count += 1) {
    stalled({ ms: 1_500, cpuMs: 20, stack: null });
  }
  expect(lines.slice(0, 2)).toMatchObject([
    {
      level: "warn",
      component: "event-loop",
      duration_ms: 2_500,
      cpu_ms: 2_400,
      ran: ["parse (file:///app/json.ts:7)"],
    },
    { level: "warn", component: "event-loop", duration_ms: 1_500, cpu_ms: 20 },
  ]);
  expect(lines).toHaveLength(60);
  const series = await recorder.series();
  const value = (name: string) => series.find((one) => one.name === name)?.value;
  expect(value("sark_event_loop_stalls_total")).toBe(101);
  expect(value("sark_event_loop_stalled_seconds_total")).toBe(152.5);
});
