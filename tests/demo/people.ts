import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { PEER_SESSION_REVISION, PEER_STATELESS_REVISION, type TokenIssuer } from "@sark/testkit";

/** The two protocol eras, as the official client negotiates them. */
const ERAS = { sessions: PEER_SESSION_REVISION, stateless: PEER_STATELESS_REVISION } as const;
export type Era = keyof typeof ERAS;

/** Who calls in the demo, as the claims of their tokens. */
const PEOPLE = {
  alice: { sub: "alice", roles: ["developer"], tenant: "acme" },
  mallory: { sub: "mallory", roles: [], tenant: "acme" },
  "build-bot": {
    sub: "build-bot",
    principal_type: "agent",
    agent_type: "worker",
    trust_level: "trusted",
    tenant: "acme",
  },
  "stray-bot": {
    sub: "stray-bot",
    principal_type: "agent",
    agent_type: "query",
    trust_level: "untrusted",
    tenant: "acme",
  },
} as const;
export type Person = keyof typeof PEOPLE;

/** The official MCP client, connected as this person in this era. */
export async function connect(url: string, issuer: TokenIssuer, person: Person, era: Era): Promise<Client> {
  const token = await issuer.issue({ ...PEOPLE[person] });
  const client = new Client(
    { name: "sark-demo", version: "1" },
    { versionNegotiation: { mode: era === "stateless" ? { pin: ERAS.stateless } : "legacy" } },
  );
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  });
  await client.connect(transport);
  return client;
}
