import { varies, variesFreely, type Example } from "@sark/http-api";

const NAME = "splunk";
const TIME = varies("2026-07-28T09:00:00.000Z");

const destination = {
  name: NAME,
  source: "audit_log",
  platform: "splunk_hec",
  enabled: true,
  configured: true,
  state: varies("running"),
  state_reason: null,
  state_since: TIME,
  next_attempt_at: null,
  paused: null,
  leader: varies("gateway-1"),
  last_acknowledged_at: TIME,
  last_sent_at: null,
  first_seq: varies(0),
  next_seq: varies(4_712),
  written: varies(4_712),
  acknowledged: varies(4_711),
  sent: 0,
  quarantined: varies(1),
  skipped: { discarded: varies(0), purged: 0 },
  behind: { events: varies(0), seconds: varies(0) },
  awaiting: { events: 0, since: null },
  checkpoint_size: varies(4_712),
  balanced: true,
};
const path = { name: NAME };

export const deliveryExamples = {
  listDestinations: {
    response: { status: 200, body: { balanced: true, destinations: varies([destination]) } },
  },
  getDestination: { request: { path }, response: { status: 200, body: destination } },
  removeDestination: {
    request: { path: { name: "splunk-old" } },
    response: { status: 204 },
  },
  pauseDestination: {
    request: { path, body: { reason: "index is rebuilt" } },
    response: {
      status: 200,
      body: {
        ...destination,
        paused: { since: TIME, reason: "index is rebuilt" },
      },
    },
  },
  resumeDestination: { request: { path }, response: { status: 200, body: destination } },
  flushDestination: {
    request: { path, body: { wait_ms: 30_000 } },
    response: { status: 200, body: { settled: true, destination } },
  },
  flushDestinations: {
    request: { body: { wait_ms: 30_000 } },
    response: {
      status: 200,
      body: { settled: true, destinations: varies([{ settled: true, destination }]) },
    },
  },
  listQuarantine: {
    request: { path, query: { limit: 1 } },
    response: {
      status: 200,
      body: {
        events: [
          {
            seq: varies(4_711),
            event_id: varies("0198f3c1-7a2e-7c31-9f2b-3d1f0a6b7c8d"),
            reason: varies("Splunk refused it: invalid data format (HTTP 400, code 6)"),
            attempts: varies(1),
            quarantined_at: TIME,
            replay_requested_at: null,
            event: variesFreely({ event_type: "tool_invoke", decision: "allow" }),
          },
        ],
        next_cursor: varies("4711"),
      },
    },
  },
  replayQuarantine: {
    request: { path, body: { seqs: [varies(4_711, "quarantined")] } },
    response: { status: 202, body: { replaying: 1, destination } },
  },
  discardQuarantine: {
    request: { path, body: { seqs: [varies(4_711, "quarantined")], reason: "of a load test" } },
    response: { status: 200, body: { discarded: 1 } },
  },
} satisfies Record<string, Example>;
