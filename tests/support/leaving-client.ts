import { connectClient, type ClientKind } from "./official-clients.ts";

/** A client as a program, which is killed: `node <this> KIND URL TOKEN GATE` has a call run behind the gate, and listens. */
const [kind = "v1 SDK", url = "", authorization = "", gate = ""] = process.argv.slice(2);
const client = await connectClient(kind as ClientKind, url, { headers: { authorization } });
await client.callTool("stream", { count: 1, gate });
