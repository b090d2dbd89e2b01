// Live clients of one tenant: each adds up what it is told of, and how long after its acknowledgement.
import { WebSocket } from "ws";
import { serve } from "../serve.ts";
import { quantile } from "../statistics.ts";

export interface WatchersReady {
  readonly clients: number;
}
export interface WatchersResult {
  /** Clients that were not told of all events in time. */
  readonly incomplete: number;
  /** Updates that did not follow on the one before, and beginnings anew. */
  readonly gaps: number;
  readonly updateMsP50: number;
  readonly updateMsP99: number;
  readonly updateMsMax: number;
}
interface Settings {
  readonly url: string;
  readonly key: string;
  readonly clients: number;
}
type Told = { readonly acknowledged: number; readonly at: number } | { readonly until: number };
interface Message {
  readonly type: string;
  readonly seq?: number;
  readonly previous?: number;
  readonly ingested?: { readonly activity: number };
}

/** After this, who is not told will not be. */
const LAST_MS = 10_000;
const AT_ONCE = 50;

await serve(async ({ url, key, clients: count }: Settings) => {
  const marks: { readonly acknowledged: number; readonly at: number }[] = [];
  const latencies: number[] = [];
  let gaps = 0;
  const clients = Array.from({ length: count }, () => ({ events: 0, seq: 0, marks: 0 }));
  const sockets: WebSocket[] = [];

  function measure(client: (typeof clients)[number]): void {
    const now = Date.now();
    let mark = marks[client.marks];
    while (mark !== undefined && client.events >= mark.acknowledged) {
      latencies.push(Math.max(0, now - mark.at));
      client.marks += 1;
      mark = marks[client.marks];
    }
  }

  function connect(client: (typeof clients)[number]): Promise<void> {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/live`, { headers: { "x-api-key": key } });
    sockets.push(socket);
    const subscribed = Promise.withResolvers<void>();
    socket.on("error", subscribed.reject);
    socket.on("open", () =>
      socket.send(JSON.stringify({ type: "subscribe", kpis: ["active_users", "activity"] })),
    );
    socket.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString("utf8")) as Message;
      if (message.type === "subscribed") {
        client.seq = message.seq ?? 0;
        subscribed.resolve();
      } else if (message.type === "update") {
        gaps += message.previous === client.seq ? 0 : 1;
        client.seq = message.seq ?? 0;
        client.events += message.ingested?.activity ?? 0;
        measure(client);
      } else if (message.type === "resync" || message.type === "closing") {
        gaps += 1;
      }
    });
    return subscribed.promise;
  }

  for (let from = 0; from < count; from += AT_ONCE) {
    await Promise.all(clients.slice(from, from + AT_ONCE).map(connect));
  }

  async function finish(until: number): Promise<WatchersResult> {
    const ends = performance.now() + LAST_MS;
    while (clients.some(({ events }) => events < until) && performance.now() < ends) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return {
      incomplete: clients.filter(({ events }) => events !== until).length,
      gaps,
      updateMsP50: quantile(latencies, 0.5),
      updateMsP99: quantile(latencies, 0.99),
      updateMsMax: quantile(latencies, 1),
    };
  }

  process.on("message", (told: Told | string) => {
    if (typeof told === "string") {
      return;
    }
    if ("until" in told) {
      void finish(told.until).then((result) => process.send?.(result));
    } else {
      marks.push(told);
      clients.forEach(measure);
    }
  });
  return {
    ready: { clients: count },
    async close() {
      sockets.forEach((socket) => socket.terminate());
    },
  };
});
