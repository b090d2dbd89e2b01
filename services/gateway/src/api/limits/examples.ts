import { varies, type Example } from "@sark/http-api";

const limit = {
  kind: "user",
  name: "alice",
  tenant: null,
  server: null,
  requests: 100_000,
  period_seconds: 60,
  burst: 100_000,
  remaining: varies(99_998),
  retry_after_seconds: 0,
  counted: "process",
};

export const limitExamples = {
  showRateLimits: {
    request: { query: { user: "alice" } },
    response: {
      status: 200,
      body: {
        rules: [
          {
            for: "user",
            name: null,
            tenant: null,
            server: null,
            requests: 100_000,
            period_seconds: 60,
            burst: 100_000,
          },
        ],
        limit,
      },
    },
  },
  resetRateLimit: {
    request: { body: { user: "alice", reason: "her batch was started twice by mistake" } },
    response: { status: 200, body: { limit, all_replicas: false } },
  },
} satisfies Record<string, Example>;
