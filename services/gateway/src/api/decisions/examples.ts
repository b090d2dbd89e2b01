import { varies, variesFreely, type Example } from "@sark/http-api";

const decision = {
  allow: true,
  reason: varies("permitted by everyone.cedar"),
  audit_id: varies("0198f3c1-7a2e-7c31-9f2b-3d1f0a6b7c8d"),
  cache_ttl: varies(60),
};

export const decisionExamples = {
  authorize: {
    request: {
      body: {
        action: "gateway:tool:invoke",
        server_name: "tools",
        tool_name: "echo",
        parameters: { text: "hello" },
      },
    },
    response: { status: 200, body: decision },
  },
  authorizeA2a: {
    request: {
      body: {
        source_agent_id: "planner",
        target_agent_id: "crawler",
        capability: "execute",
        message_type: "task",
      },
    },
    response: { status: 200, body: decision },
  },
  listServers: {
    response: {
      status: 200,
      body: [
        {
          server_id: "tools",
          server_name: "tools",
          server_url: "/mcp/tools",
          sensitivity_level: "low",
          authorized_teams: [],
          access_restrictions: null,
          health_status: "healthy",
          tools_count: varies(3),
        },
      ],
    },
  },
  listTools: {
    request: { query: { server_name: "tools" } },
    response: {
      status: 200,
      body: varies([
        {
          tool_name: "echo",
          server_name: "tools",
          description: "Says the same again",
          sensitivity_level: "low",
          parameters: [{ name: "text", type: "string", required: true }],
          sensitive_params: [],
          required_capabilities: [],
          input_schema: variesFreely({
            type: "object",
            properties: { text: { type: "string" } },
            required: ["text"],
          }),
        },
      ]),
    },
  },
  reportEvent: {
    request: {
      body: {
        event_type: "tool_invoke",
        user_id: "alice",
        server_name: "crm",
        tool_name: "export",
        decision: "deny",
        reason: "denied by the proxy in Oslo",
        timestamp: 1_785_229_200.25,
        gateway_request_id: "edge-1-4711",
      },
    },
    response: {
      status: 201,
      body: { audit_id: varies("0198f3c1-7a2e-7c31-9f2b-3d1f0a6b7c8d"), status: "logged" },
    },
  },
} satisfies Record<string, Example>;
