import { PEER_SESSION_REVISION } from "@sark/testkit";
import { send } from "../support/requests.ts";
import type { CallerName } from "./world/callers.ts";

/** Ids of new sessions with the server `loose`, by their callers. */
export async function openSessions(
  url: string,
  tokens: Readonly<Record<CallerName, string>>,
): Promise<Readonly<Record<string, string>>> {
  const open = async (name: CallerName) => {
    const { headers } = await send(url, {
      path: "/mcp/loose",
      headers: { authorization: `Bearer ${tokens[name]}` },
      body: {
        jsonrpc: "2.0",
        id: 0,
        method: "initialize",
        params: {
          protocolVersion: PEER_SESSION_REVISION,
          capabilities: {},
          clientInfo: { name: "fuzz", version: "1" },
        },
      },
    });
    return [name, String(headers["mcp-session-id"])];
  };
  return Object.fromEntries(await Promise.all([open("alice"), open("bob")])) as Record<string, string>;
}
