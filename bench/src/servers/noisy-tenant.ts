// A tenant that sends as much as it can, whatever it is responded to with, while it is told to.
import { serve } from "../serve.ts";
import { activityLines, sendLinesAnyway } from "../tenants.ts";

interface Settings {
  readonly url: string;
  readonly key: string;
  readonly connections: number;
  readonly batch: number;
}

await serve(async ({ url, key, connections, batch }: Settings) => {
  let ending = new AbortController();
  let taken = 0;
  let refused = 0;
  let running: Promise<void>[] = [];

  async function send(until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      const status = await sendLinesAnyway(url, key, activityLines(batch));
      taken += status === 200 ? 1 : 0;
      refused += status === 200 ? 0 : 1;
    }
  }

  process.on("message", (told: { readonly isNoisy: boolean } | string) => {
    if (typeof told === "string") {
      return;
    }
    if (told.isNoisy) {
      ending = new AbortController();
      running = Array.from({ length: connections }, () => send(ending.signal));
    } else {
      ending.abort();
      void Promise.all(running).then(() => process.send?.({ taken, refused }));
    }
  });
  return { ready: {}, close: async () => undefined };
});
