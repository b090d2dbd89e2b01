import { OWN_SESSION_REVISION } from "../../mcp-protocol/revisions.ts";
import { varies, variesFreely, type Example } from "@sark/http-api";

const FINGERPRINT = "4mSjVwD0Cz8bWm9Uo1gqGw";
const TIME = varies("2026-07-28T09:00:00.000Z");
const session = {
  fingerprint: varies(FINGERPRINT),
  kind: "session",
  server: "tools",
  principal: "alice",
  principal_type: "user",
  actor: null,
  tenant: null,
  protocol_version: OWN_SESSION_REVISION.name,
  transport: "http",
  client: { name: "example-client", version: "1.4.0" },
  replica: null,
  created_at: TIME,
  last_activity_at: TIME,
  expires_at: TIME,
  calls: varies(12),
  calls_running: 0,
  streams_open: 0,
};

export const sessionExamples = {
  listSessions: {
    request: { query: { user: "alice", server: "tools" } },
    response: { status: 200, body: { sessions: variesFreely([session]), next_cursor: null, of: "replica" } },
  },
  showSession: {
    request: { path: { fingerprint: varies(FINGERPRINT, "session") } },
    response: { status: 200, body: session },
  },
  endSession: {
    request: {
      path: { fingerprint: varies(FINGERPRINT, "session") },
      body: { reason: "her laptop was stolen" },
    },
    response: { status: 200, body: session },
  },
} satisfies Record<string, Example>;
