import type { IncomingHttpHeaders } from "node:http";
import { startReceiver, type ReceiverHandle, type ReceiverOptions } from "../receiver/start-receiver.ts";

interface CollectedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Decompressed. */
  readonly text: string;
}

export interface HttpCollector extends ReceiverHandle {
  /** What was kept, oldest first. */
  collected(): readonly CollectedRequest[];
}

/** Accepts every POST with status 200, for webhooks and whatever has no rules of its own. Operation for faults: `events`. */
export async function startHttpCollector(options: ReceiverOptions = {}): Promise<HttpCollector> {
  const collected: CollectedRequest[] = [];
  const receiver = await startReceiver(
    {
      encodings: ["gzip", "deflate"],
      operation: (method) => (method === "POST" ? "events" : null),
      response: ({ url, headers, content }) => ({
        status: 200,
        body: {},
        take: () =>
          void collected.push({ path: url.pathname, headers, text: content?.toString("utf8") ?? "" }),
      }),
    },
    options,
  );
  return { ...receiver, collected: () => [...collected] };
}
