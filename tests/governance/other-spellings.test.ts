import { startMcpServer, type McpServerHandle } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { ENVELOPE, send, toolCall, type RawResponse } from "../support/requests.ts";

const POLICIES = {
  "all.cedar": `permit(principal, action, resource);
    @id("secret-resource") forbid(principal, action, resource == Resource::"app/test://template/secret/data");
    @id("secret-tool") forbid(principal, action, resource == Tool::"app/test_image_content");`,
};

let server: McpServerHandle;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  server = await startMcpServer();
  gateway = await startGatewayUnderTest({
    upstreams: [{ name: "app", transport: "http", url: server.url, tools: { wipe_disk: "critical" } }],
    policies: POLICIES,
  });
});
afterAll(async () => {
  await gateway?.close();
  await server?.close();
});

const key = () => ({ "x-api-key": gateway.apiKey });
const errorOf = ({ json }: RawResponse) =>
  (json as { error?: { code: number; data?: { reason_code?: string } } }).error;
const recordsOf = ({ headers }: RawResponse) =>
  auditRows(gateway.databaseUrl, "gateway_request_id = $1", String(headers["x-correlation-id"]));

/** Non-ASCII values of headers travel in base64. */
const header = (text: string) => `=?base64?${Buffer.from(text).toString("base64")}?=`;

describe("a tool's name [GTW-12]", () => {
  const call = (name: string) =>
    send(gateway.url, toolCall("app", name, {}, { ...key(), "mcp-name": header(name) }));

  it("is taken as the server lists it, and denied by policy as it is named there", async () => {
    expect((await call("test_simple_text")).text).toContain('"result"');
    expect(errorOf(await call("test_image_content"))?.data?.reason_code).toBe("denied_by_policy");
  });

  it.each([
    "TEST_IMAGE_CONTENT",
    "test_image_content ",
    "test_image\u200b_content",
    "test-image-content",
    "ｔest_image_content",
    "Wipe_Disk",
    "test\u2010image_content",
    "test.image.content",
    "test image content",
    "tést_image_content",
    "t\u0435st_image_content",
    "test%5Fimage_content",
    "test\\u005fimage_content",
    "test&lowbar;image_content",
    "/test_image_content",
  ])("%j is denied as the other spelling of one, on record [AUD-1]", async (name) => {
    const response = await call(name);
    expect(errorOf(response)?.data?.reason_code).toBe("ambiguous_name");
    expect(await recordsOf(response)).toMatchObject([
      { decision: "deny", tool_name: name, metadata: { reason_code: "ambiguous_name" } },
    ]);
  });

  it("that is alike to none is for the server to know", async () => {
    expect(errorOf(await call("no_such_tool"))?.data?.reason_code).toBeUndefined();
  });
});

describe("an argument", () => {
  const call = (args: Record<string, unknown>) => send(gateway.url, toolCall("app", "echo", args, key()));

  it("is evaluated in the type that the tool's schema gives it, and denied in another, on record [AUD-1]", async () => {
    expect((await call({ text: "1" })).text).toContain('"result"');
    for (const args of [{ text: 1 }, { text: ["1"] }, { text: { a: 1 } }, { text: false }]) {
      const response = await call(args);
      expect(errorOf(response)?.data?.reason_code).toBe("ambiguous_arguments");
      expect(await recordsOf(response)).toMatchObject([{ decision: "deny", tool_name: "echo" }]);
    }
  });
});

describe("a resource's URI", () => {
  const read = (uri: string) =>
    send(gateway.url, {
      path: "/mcp/app",
      headers: {
        ...key(),
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "resources/read",
        "mcp-name": header(uri),
      },
      body: { jsonrpc: "2.0", id: 1, method: "resources/read", params: { uri, _meta: ENVELOPE } },
    });

  it("is evaluated as it is written [AUD-1]", async () => {
    expect((await read("test://template/7/data")).text).toContain("Data for ID: 7");
    expect(errorOf(await read("test://template/secret/data"))?.data?.reason_code).toBe("denied_by_policy");
  });

  it.each([
    "test://template/x/../secret/data",
    "test://template/./secret/data",
    "test://template/x/%2e%2e/secret/data",
    "TEST://template/secret/data",
    "test://template/%73ecret/data",
    " test://template/secret/data",
  ])("%j is refused, and does not reach the server", async (uri) => {
    const response = await read(uri);
    expect(errorOf(response)?.data?.reason_code).toBe("invalid_params");
    expect(response.text).not.toContain("Data for ID");
  });

  it.each(["test://template/secret/data#x", "test://TEMPLATE/secret/data"])(
    "%j is evaluated as servers read it, too, and each reading is on record [AUD-1]",
    async (uri) => {
      const response = await read(uri);
      expect(errorOf(response)?.data?.reason_code).toBe("denied_by_policy");
      // The response does not wait for the outcome.
      await vi.waitFor(async () =>
        expect(await recordsOf(response)).toMatchObject([
          { decision: "allow", phase: "intent", metadata: { target: uri } },
          { decision: "deny", metadata: { target: "test://template/secret/data" } },
          { phase: "outcome", outcome: "cancelled" },
        ]),
      );
    },
  );

  it("that servers list unescaped is passed on as it was written", async () => {
    expect((await read("test://template/my notes/data")).text).toContain("my%20notes");
  });
});
