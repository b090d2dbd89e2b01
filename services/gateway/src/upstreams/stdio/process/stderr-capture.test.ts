import { expect, it, onTestFinished, vi } from "vitest";
import { captureStderr } from "./stderr-capture.ts";

it("bounds the lines of stderr and their number, and says what it dropped", () => {
  // All of it within one window, however slow the machine is.
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const lines: string[] = [];
  let dropped = 0;
  const stderr = captureStderr(
    (line) => lines.push(line),
    (count) => (dropped += count),
  );
  expect(stderr.tail()).toEqual([]);
  stderr.push(Buffer.from(`${"x".repeat(10_000)}\n`));
  stderr.push(Buffer.from("spam\n".repeat(1_000)));
  stderr.push(Buffer.from("last words"));
  stderr.end();
  expect(lines[0]).toHaveLength(4_096);
  expect(lines).toHaveLength(50);
  expect(dropped).toBe(952);
  expect(stderr.tail().at(-1)).toBe("last words");
});
