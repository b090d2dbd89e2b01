import { connect } from "node:net";
import { PEER_STATELESS_REVISION } from "@sark/testkit";
import { CLIENTS, connectClient, type ClientKind } from "../support/official-clients.ts";
import { send, toolCall } from "../support/requests.ts";
import type { SoakWorld } from "./world.ts";

/** One thing that clients do, again and again; rejects where it is not as it should be. */
export type Activity = (world: SoakWorld, round: number) => Promise<void>;

const LARGE = "large ".repeat(50_000);

function mustBe(what: string, holds: boolean): void {
  if (!holds) {
    throw new Error(what);
  }
}

/** A client of the official ones that calls some tools, and then ends its session, or does not. */
function officialClient(server: string, kinds: readonly ClientKind[]): Activity {
  return async ({ gateway, headers }, round) => {
    const kind = kinds[round % kinds.length] ?? "v1 SDK";
    const client = await connectClient(kind, `${gateway.url}/mcp/${server}`, { headers: headers("alice") });
    try {
      mustBe("the tools are listed", (await client.tools()).includes("echo"));
      for (let at = 0; at < 3; at += 1) {
        const text = `${round} ${at}`;
        const result = JSON.stringify(await client.callTool("echo", { text }));
        mustBe(`the response to ${text} is ${result}`, result.includes(`"${text}"`));
      }
      // Every other one says nothing when it leaves.
      if (round % 2 === 0 && kind !== "v2 client, stateless") {
        await client.terminate();
      }
    } finally {
      await client.close();
    }
  };
}

async function get({ gateway, headers }: SoakWorld, path: string): Promise<void> {
  const { status, text } = await send(gateway.url, { method: "GET", path, headers: headers("root") });
  mustBe(`GET ${path}: ${status} ${text.slice(0, 200)}`, status === 200);
}

const READS = [
  "/api/v1/audit/events?limit=50",
  "/api/v1/audit/events?user_id=alice&limit=10",
  "/api/v1/audit/checkpoint",
  "/api/v1/gateway/tools",
  "/api/v1/gateway/servers",
  "/api/v1/siem/destinations",
  "/admin/v1/sessions?limit=100",
  "/admin/v1/status",
  "/admin/v1/quotas?user=alice",
  "/admin/v1/rate-limits?user=alice",
  "/health/detailed",
  "/metrics",
] as const;

/** What is done, how many at a time, and the rest between two of each, in milliseconds. */
export const ACTIVITIES: Readonly<
  Record<string, { readonly run: Activity; readonly atOnce: number; readonly restMs: number }>
> = {
  "official clients over HTTP": { run: officialClient("tools", CLIENTS), atOnce: 3, restMs: 150 },
  "sessions with a process each": {
    run: officialClient("piped", ["v1 SDK", "v2 client with sessions"]),
    atOnce: 1,
    restMs: 4_000,
  },
  "stateless calls": {
    atOnce: 4,
    restMs: 60,
    async run({ gateway, headers }, round) {
      const call = toolCall("tools", "echo", { text: `call ${round}` }, headers("alice"));
      const { status, text } = await send(gateway.url, call);
      mustBe(`a call: ${status} ${text.slice(0, 200)}`, status === 200 && text.includes(`call ${round}`));
    },
  },
  "denied calls": {
    atOnce: 1,
    restMs: 100,
    async run({ gateway, headers }) {
      const { text } = await send(gateway.url, toolCall("tools", "add", { a: 1, b: 2 }, headers("alice")));
      mustBe(`a denied call: ${text.slice(0, 200)}`, text.includes("denied_by_policy"));
    },
  },
  "large responses": {
    atOnce: 1,
    restMs: 500,
    async run({ gateway, headers }) {
      const { text } = await send(gateway.url, toolCall("tools", "echo", { text: LARGE }, headers("alice")));
      mustBe("a large response is whole", text.includes(LARGE));
    },
  },
  "calls over a limit": {
    atOnce: 1,
    restMs: 300,
    async run({ gateway, headers }) {
      const { status } = await send(gateway.url, toolCall("tools", "echo", { text: "x" }, headers("bob")));
      mustBe(`a call near a limit: ${status}`, status === 200 || status === 429);
    },
  },
  "calls that are cancelled": {
    atOnce: 1,
    restMs: 300,
    async run({ gateway, headers }) {
      const signal = AbortSignal.timeout(50);
      const call = toolCall("tools", "slow", { ms: 60_000, steps: 1 }, headers("alice"));
      await send(gateway.url, { ...call, signal }).then(
        () => mustBe("it was cancelled", false),
        (error: unknown) => mustBe(`a cancelled call: ${String(error)}`, signal.aborted),
      );
    },
  },
  "clients that vanish": {
    atOnce: 1,
    restMs: 200,
    run: ({ gateway, headers }, round) =>
      new Promise((resolve) => {
        const { hostname, port } = new URL(gateway.url);
        const socket = connect({ host: hostname, port: Number(port) });
        const { authorization } = headers("alice");
        const head = `POST /mcp/tools HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nMCP-Protocol-Version: ${PEER_STATELESS_REVISION}\r\n`;
        socket.on("error", () => undefined).once("close", () => resolve());
        // In the middle of its head, or of its body.
        socket.write(
          round % 2 === 0
            ? head
            : `${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"json`,
        );
        setTimeout(() => socket.resetAndDestroy(), 30);
      }),
  },
  "reads over REST": {
    atOnce: 1,
    restMs: 150,
    run: (world, round) => get(world, READS[round % READS.length] ?? "/health"),
  },
  "a receiver that is away": {
    atOnce: 1,
    restMs: 20_000,
    async run({ splunk }) {
      splunk.faults.add(
        { kind: "response", status: 503, times: 5 },
        { kind: "reset-after-body", taken: true },
      );
    },
  },
};
