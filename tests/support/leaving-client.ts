import { connectClient, type ClientKind } from "./official-clients.ts";

/** A client that has a call run behind a gate, and listens. */
export interface LeavingClient {
  readonly kind: ClientKind;
  readonly url: string;
  readonly authorization: string;
  readonly gate: string;
}

/** Clients as a program, which is killed: `node <this> JSON`, a list of them. */
const clients = JSON.parse(process.argv[2] ?? "[]") as readonly LeavingClient[];
await Promise.all(
  clients.map(async ({ kind, url, authorization, gate }) => {
    const client = await connectClient(kind, url, { headers: { authorization } });
    await client.callTool("stream", { count: 1, gate });
  }),
);
