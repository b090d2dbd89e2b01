import { varies, variesFreely, type Example } from "@sark/http-api";

const ID = "0198f3c1-7a2e-7c31-9f2b-3d1f0a6b7c8d";
const OUTCOME_ID = "0198f3c1-7a40-7b52-8c1d-5e9f0b7c8d9e";
const REQUEST_ID = "c2b7a0d4-5e61-4f83-9b0a-7d2c1e3f4a5b";
const HASH = "5f1b7c0c3f6f1d9b8a4e2c7d6f5e4d3c2b1a09f8e7d6c5b4a3928170605f4e3d";

const event = {
  seq: varies(4_711),
  leaf_hash: varies(HASH),
  event: variesFreely({
    id: ID,
    timestamp: "2026-07-28T09:00:00.123456Z",
    created_at: "2026-07-28T09:00:00.125000Z",
    event_type: "tool_invoke",
    user_id: "alice",
    server_name: "tools",
    tool_name: "echo",
    decision: "allow",
    reason: "permitted by everyone.cedar",
    gateway_request_id: REQUEST_ID,
    phase: "intent",
    metadata: {},
  }),
};

const trail = {
  request_id: varies(REQUEST_ID),
  steps: [{ kind: "call", intent_id: varies(ID), outcome_id: varies(OUTCOME_ID) }],
  events: varies([event]),
  truncated: false,
};

const NOTE = `sark.local/audit
4712
X1t8DD9vHZuKTix9b15NPCsaCfjn1sW0o5KBcGBfTj0=

— sark.local/audit 3q2+7wAAAAAAAAAA…
`;
const proof = varies(`c2sp.org/tlog-proof@v1\nindex 4711\n…\n\n${NOTE}`);

const counts = {
  permitted: varies(1_204),
  denied: varies(11),
  rate_limited: varies(0),
  ok: varies(1_190),
  failed: varies(9),
  cancelled: varies(3),
  input_required: varies(0),
  elsewhere: varies(0),
  durations: variesFreely({
    percentiles: [
      { percentile: 50, ms: 12.4 },
      { percentile: 99, ms: 210.7 },
    ],
    max_ms: 1_034.2,
  }),
};

export const auditExamples = {
  summarizeCalls: {
    request: { query: { by: "user", last: "1h", percentiles: "50,99" } },
    response: {
      status: 200,
      body: {
        from: varies("2026-07-28T08:00:00.000Z"),
        to: varies("2026-07-28T09:00:00.000Z"),
        by: "user",
        rows: variesFreely([{ tenant_id: "acme", user_id: "alice", agent_id: null, ...counts }]),
        total: counts,
        truncated: varies(false),
      },
    },
  },
  listEvents: {
    request: { query: { user_id: "alice", server: "tools", decision: "allow", limit: 1 } },
    response: { status: 200, body: { events: [event], next_cursor: varies("MDE5OGYzYzEtN2EyZQ") } },
  },
  getEvent: {
    request: { path: { id: varies(ID, "intent") } },
    response: {
      status: 200,
      body: {
        ...event,
        payloads: varies([
          {
            kind: "arguments",
            policy: "redacted",
            salt: HASH,
            value: variesFreely({ text: "hello" }),
            erased_at: null,
            erased_by: null,
          },
        ]),
      },
    },
  },
  getEventTrail: {
    request: { path: { id: varies(ID, "intent") } },
    response: { status: 200, body: trail },
  },
  getRequestTrail: {
    request: { path: { id: varies(REQUEST_ID, "request") } },
    response: { status: 200, body: trail },
  },
  listOrphans: {
    request: { query: { limit: 10 } },
    response: { status: 200, body: { count: 0, intents: [], next_cursor: null } },
  },
  exportEvents: {
    request: { query: { format: "csv", user_id: "alice", decision: "allow" } },
    response: { status: 200, body: varies("seq,id,timestamp,event_type,…\n4711,0198f3c1-…,…\n") },
  },
  getCheckpoint: { response: { status: 200, body: varies(NOTE) } },
  getTile: {
    request: { path: { path: varies("0/000.p/12", "tile") } },
    response: { status: 200 },
  },
  getConsistency: {
    request: { query: { from: 1 } },
    response: {
      status: 200,
      body: {
        from: 1,
        to: varies(4_712),
        consistency: varies(["X1t8DD9vHZuKTix9b15NPCsaCfjn1sW0o5KBcGBfTj0="]),
        checkpoint: varies(NOTE),
      },
    },
  },
  getProof: {
    request: { path: { id: varies(ID, "intent") } },
    response: { status: 200, body: proof },
  },
  getReceipt: {
    request: { path: { id: varies(ID, "intent") } },
    response: { status: 200, body: proof },
  },
  erasePayloads: {
    request: {
      body: { user_id: "bob", all_tenants: true, reason: "asked for by bob, ticket 4711" },
    },
    response: { status: 201, body: { erasure_id: varies(ID), payloads: varies(12) } },
  },
} satisfies Record<string, Example>;
