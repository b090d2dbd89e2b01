import { varies, variesFreely, type Example } from "@sark/http-api";

const REVISION = varies("b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184");
const TIME = varies("2026-07-28T09:00:00.000Z");

const FORBID = `@id("no-echo")
@reason("Echo is being retired.")
forbid (principal, action, resource == Tool::"tools/echo");
`;

export const policyExamples = {
  listPolicies: {
    response: {
      status: 200,
      body: {
        engine: "cedar",
        revision: REVISION,
        loaded_at: TIME,
        policies: [{ id: "everyone.cedar#1", file: "everyone.cedar", line: 1, reason: null }],
        next_cursor: null,
        total: 1,
        warnings: [],
        last_error: null,
        opa_path: null,
      },
    },
  },
  validatePolicies: {
    request: {
      body: {
        files: [{ name: "echo.cedar", text: "permit (principal, action, resource)" }],
        reason: "draft of ops-12",
      },
    },
    response: {
      status: 200,
      body: {
        valid: false,
        revision: REVISION,
        policies: null,
        problems: [{ file: "echo.cedar", line: 1, message: varies("unexpected end of input; expected `;`") }],
        warnings: [],
      },
    },
  },
  testPolicies: {
    request: {
      body: {
        principal: { id: "alice", roles: ["user"] },
        server: "tools",
        tool: "echo",
        arguments: { text: "hello" },
        files: [{ name: "echo.cedar", text: FORBID }],
        reason: "draft of ops-12",
      },
    },
    response: {
      status: 200,
      body: {
        decision: "deny",
        code: "denied_by_policy",
        reason: "Echo is being retired.",
        policies: ["no-echo"],
        engine: "cedar",
        revision: REVISION,
      },
    },
  },
  replayPolicies: {
    request: {
      body: {
        files: [{ name: "echo.cedar", text: FORBID }],
        from: "2026-07-01T00:00:00Z",
        server: "tools",
        limit: 500,
        reason: "draft of ops-12",
      },
    },
    response: {
      status: 200,
      body: {
        engine: "cedar",
        revision: REVISION,
        decisions: varies(210),
        unchanged: varies(198),
        allow_to_deny: varies(12),
        deny_to_allow: 0,
        changes: variesFreely([
          {
            event_id: "0198f3c1-6f2a-7c3e-9a44-3f1c2b7d9e01",
            seq: 4_711,
            timestamp: "2026-07-28T09:00:00.000000Z",
            change: "allow_to_deny",
            user_id: "alice",
            agent_id: null,
            tenant: null,
            server: "tools",
            tool: "echo",
            action: "gateway:tool:invoke",
            recorded: { code: "allowed", policies: ["everyone.cedar#1"], revision: "b1946ac9" },
            replayed: {
              code: "denied_by_policy",
              reason: "Echo is being retired.",
              policies: ["no-echo"],
            },
          },
        ]),
        not_evaluable: { total: varies(0), reasons: variesFreely([]), events: variesFreely([]) },
        next_cursor: variesFreely(null),
        ended_by: varies("end"),
      },
    },
  },
} satisfies Record<string, Example>;
