import { expect, it } from "vitest";
import { limitLines } from "./limit-lines.ts";
import { createLogger } from "./logger.ts";

it("writes so many lines in such a time, whatever the component, and says how many were left out [LOG-2]", () => {
  let now = 0;
  const records: Record<string, unknown>[] = [];
  const destination = {
    write: (text: string) => void records.push(JSON.parse(text) as Record<string, unknown>),
  };
  const logger = createLogger({
    service: "app",
    environment: "test",
    version: "1",
    level: "info",
    destination,
  });
  const limited = limitLines(logger, { lines: 2, perMs: 1_000 }, () => now).child({ component: "siem" });
  for (let n = 0; n < 5; n++) {
    limited.warn({ n }, "failed");
  }
  now = 1_000;
  limited.info({ n: 5 }, "works");
  expect(records.map(({ n, component, suppressed_lines }) => [n, component, suppressed_lines])).toEqual([
    [0, "siem", undefined],
    [1, "siem", undefined],
    [5, "siem", 3],
  ]);
});
