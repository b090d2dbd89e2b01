import { createAllocations } from "./allocations.ts";
import { createProfiler } from "./profiler.ts";

/** The child's side of `startServer`: reports readiness and what it takes, and ends when told. */
export async function serve(
  start: (settings: never) => Promise<{ readonly ready: object; close(): Promise<void> }>,
): Promise<void> {
  const settings = JSON.parse(process.argv[2] ?? "{}") as never;
  const { ready, close } = await start(settings);
  const profiler = createProfiler();
  const allocations = createAllocations();
  const figures: Record<string, () => unknown> = {
    cpu() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    resident: () => process.memoryUsage.rss(),
    profile: () => profiler.start(),
    profiled: () => profiler.stop(),
    heap: () => allocations.start(),
    allocated: () => allocations.stop(),
  };
  process.on("message", (request) => {
    if (request === "stop") {
      void close().then(() => process.exit(0));
      return;
    }
    const figure = typeof request === "string" ? figures[request] : undefined;
    if (figure !== undefined) {
      void Promise.resolve(figure()).then((value) => process.send?.(value ?? null));
    }
  });
  // A parent that was killed cannot say so.
  process.on("disconnect", () => process.exit(1));
  process.send?.(ready);
}
