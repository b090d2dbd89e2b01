import { constants, performance, PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { Recorder } from "../metrics/recorder-types.ts";
import type { GC_KINDS, ProcessCatalog } from "./catalog.ts";
import { measureEventLoop } from "./event-loop.ts";
import { oldGenerationLimit } from "./heap-limit.ts";
import { readSystemFigures, type SystemFigures } from "./system-figures.ts";

/** Descriptors and disks are asked for in the background: a scrape must not wait for a disk. */
const SYSTEM_EVERY_MS = 15_000;

const KIND_OF: ReadonlyMap<number, (typeof GC_KINDS)[number]> = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, "major"],
  [constants.NODE_PERFORMANCE_GC_MINOR, "minor"],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, "incremental"],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, "weak_callbacks"],
]);

/** What `watchProcess` looks at in addition to the process itself. */
export interface WatchProcessOptions {
  /** Directories whose disks are watched, by the name that the metrics give them. */
  readonly directories?: Readonly<Record<string, string>>;
}

/** Has the figures of this process read at each scrape, until it is closed. */
export function watchProcess(
  recorder: Recorder<ProcessCatalog>,
  { directories = {} }: WatchProcessOptions = {},
): { close(): void } {
  recorder.set("process_start_time_seconds", {}, performance.timeOrigin / 1_000);
  recorder.onCollect("process_cpu_user_seconds_total", () => process.cpuUsage().user / 1e6);
  recorder.onCollect("process_cpu_system_seconds_total", () => process.cpuUsage().system / 1e6);
  recorder.onCollect("process_resident_memory_bytes", () => process.memoryUsage.rss());
  recorder.onCollect("nodejs_heap_size_used_bytes", () => getHeapStatistics().used_heap_size);
  recorder.onCollect("nodejs_heap_size_total_bytes", () => getHeapStatistics().total_heap_size);
  recorder.onCollect("nodejs_heap_size_limit_bytes", () => oldGenerationLimit());
  recorder.onCollect("nodejs_external_memory_bytes", () => getHeapStatistics().external_memory);
  const endings = [watchEventLoop(recorder), watchCollections(recorder), watchSystem(recorder, directories)];
  return { close: () => endings.forEach((end) => end()) };
}

function watchEventLoop(recorder: Recorder<ProcessCatalog>): () => void {
  const loop = measureEventLoop();
  recorder.onCollect("nodejs_eventloop_lag_mean_seconds", loop.mean);
  recorder.onCollect("nodejs_eventloop_lag_p99_seconds", () => loop.percentile(99));
  recorder.onCollect("nodejs_eventloop_lag_max_seconds", loop.max);
  recorder.onCollect("nodejs_eventloop_utilization_ratio", loop.utilization);
  return loop.close;
}

function watchCollections(recorder: Recorder<ProcessCatalog>): () => void {
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail, duration } = entry as typeof entry & { readonly detail: { readonly kind: number } };
      recorder.observe(
        "nodejs_gc_duration_seconds",
        { kind: KIND_OF.get(detail.kind) ?? "other" },
        duration / 1_000,
      );
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  return () => observer.disconnect();
}

function watchSystem(
  recorder: Recorder<ProcessCatalog>,
  directories: Readonly<Record<string, string>>,
): () => void {
  let figures: SystemFigures = { openFds: null, maxFds: null, disks: [] };
  const refresh = () =>
    void readSystemFigures(directories).then((read) => {
      figures = read;
    });
  refresh();
  const timer = setInterval(refresh, SYSTEM_EVERY_MS).unref();
  recorder.onCollect("process_open_fds", () => figures.openFds);
  recorder.onCollect("process_max_fds", () => figures.maxFds);
  recorder.onCollect("disk_free_bytes", () =>
    figures.disks.map(({ directory, free }) => ({ labels: { directory }, value: free })),
  );
  recorder.onCollect("disk_size_bytes", () =>
    figures.disks.map(({ directory, size }) => ({ labels: { directory }, value: size })),
  );
  return () => clearInterval(timer);
}
