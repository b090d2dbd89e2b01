import { tmpdir } from "node:os";
import { expect, it, onTestFinished, vi } from "vitest";
import { createRecorder } from "../metrics/recorder.ts";
import { processCatalog } from "./catalog.ts";
import { watchProcess } from "./watch-process.ts";

function watched() {
  const recorder = createRecorder(processCatalog);
  const watch = watchProcess(recorder, { directories: { data: tmpdir(), missing: "/no/such/folder" } });
  onTestFinished(() => watch.close());
  const read = async () =>
    new Map(
      (await recorder.series()).map(({ name, labels, value }) => [
        [name, ...Object.values(labels)].join(" "),
        value,
      ]),
    );
  return { recorder, read };
}

it("tells of the processor, memory, descriptors and disks of the process [MET-11]", async () => {
  const { read } = watched();
  await vi.waitFor(async () => expect((await read()).has("disk_size_bytes data")).toBe(true));
  const figures = await read();
  const value = (name: string) => figures.get(name) ?? NaN;
  expect(value("process_cpu_user_seconds_total")).toBeGreaterThan(0);
  expect(value("process_resident_memory_bytes")).toBeGreaterThan(value("nodejs_heap_size_used_bytes") / 2);
  expect(value("nodejs_heap_size_limit_bytes")).toBeGreaterThan(value("nodejs_heap_size_used_bytes"));
  expect(value("process_open_fds")).toBeGreaterThan(2);
  expect(value("process_max_fds")).toBeGreaterThan(value("process_open_fds"));
  expect(value("disk_size_bytes data")).toBeGreaterThan(value("disk_free_bytes data"));
  expect([...figures.keys()].filter((name) => name.includes("missing"))).toEqual([]);
  const age = Date.now() / 1_000 - value("process_start_time_seconds");
  expect(Math.abs(age - process.uptime())).toBeLessThan(5);
});

it("counts on from scrape to scrape, and tells each of them how late the event loop was [MET-11]", async () => {
  const { read } = watched();
  const before = await read();
  // Read before and after: no reader takes anything from another.
  await vi.waitFor(async () => {
    const until = process.cpuUsage().user + 60_000;
    while (process.cpuUsage().user < until) {
      // Works, and is late for all else.
    }
    expect((await read()).get("nodejs_eventloop_lag_max_seconds")).toBeGreaterThan(0.02);
  });
  const after = await read();
  const grown = (name: string) => (after.get(name) ?? NaN) - (before.get(name) ?? NaN);
  expect(grown("process_cpu_user_seconds_total")).toBeGreaterThan(0.05);
  expect(after.get("nodejs_eventloop_utilization_ratio")).toBeLessThanOrEqual(1);
});

it("counts collections of garbage by kind [MET-11]", async () => {
  const { read } = watched();
  let kept: unknown[] = [];
  await vi.waitFor(async () => {
    kept = Array.from({ length: 200_000 }, (_, index) => ({ index, kept: kept.length }));
    expect((await read()).get("nodejs_gc_duration_seconds_count minor")).toBeGreaterThan(0);
  });
});
