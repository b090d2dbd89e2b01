import { startMcpServer } from "@sark/testkit";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { send, toolCall } from "../support/requests.ts";

/** Who a release is asked to let through and whom not, in a language of its own that later versions still read. */
const POLICIES = {
  "all-but-one.cedar":
    'permit (principal, action, resource); forbid (principal, action, resource) when { resource.name == "forbidden" };',
};

/** A gateway on data that it may find or leave behind. */
export async function startOn(
  place: { readonly databaseUrl: string; readonly dataDirectory: string },
  undo: (step: () => unknown) => void,
): Promise<GatewayUnderTest> {
  const tools = await startMcpServer();
  undo(() => tools.close());
  const gateway = await startGatewayUnderTest({
    policies: POLICIES,
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
    config: {
      database: { url: place.databaseUrl },
      dataDirectory: place.dataDirectory,
      audit: {
        logOrigin: "upgrade.example/sark",
        checkpointInterval: "50ms",
        arguments: "full",
        results: "full",
      },
      quotas: {
        currency: "USD",
        prices: [{ server: "tools", perCall: "0.5" }],
        budgets: [{ for: "user", monthly: "1000000" }],
      },
    },
  });
  undo(() => gateway.close());
  return gateway;
}

/** Calls that are let through, with what they cost, and a decision that is not; gives the id of the last one. */
export async function use(gateway: GatewayUnderTest): Promise<string> {
  const headers = { authorization: `Bearer ${gateway.apiKey}` };
  for (const text of ["one", "two"]) {
    const { status, text: body } = await send(gateway.url, toolCall("tools", "echo", { text }, headers));
    if (status !== 200 || body.includes('"error"')) {
      throw new Error(`a call was not let through: ${status} ${body}`);
    }
  }
  const { json } = await send(gateway.url, {
    path: "/api/v1/gateway/authorize",
    headers,
    body: { action: "gateway:tool:invoke", server_name: "tools", tool_name: "forbidden" },
  });
  const { allow, audit_id: id } = json as { allow: boolean; audit_id: string };
  if (allow) {
    throw new Error("what policy forbids was let through");
  }
  return id;
}
