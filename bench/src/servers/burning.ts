// Takes the processor while it is told to, in bursts, and does nothing else.
import { wait } from "@sark/observability/waiting";
import { serve } from "../serve.ts";

/** `burstMs: 0`: no more. */
interface Told {
  readonly burstMs: number;
  readonly everyMs: number;
}

await serve(async () => {
  let ending = new AbortController();

  async function burn({ burstMs, everyMs }: Told, until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      const started = performance.now();
      const { user: before } = process.cpuUsage();
      while (process.cpuUsage().user - before < burstMs * 1_000) {
        // So much of the processor, however long it takes to get it.
      }
      await wait(Math.max(0, everyMs - (performance.now() - started)), { signal: until });
    }
  }

  process.on("message", (told: Told | string) => {
    if (typeof told === "string") {
      return;
    }
    ending.abort();
    if (told.burstMs > 0) {
      ending = new AbortController();
      void burn(told, ending.signal);
    }
  });
  return { ready: {}, close: async () => ending.abort() };
});
