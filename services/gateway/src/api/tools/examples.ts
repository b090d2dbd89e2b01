import { varies, variesFreely, type Example } from "@sark/http-api";

const counts = {
  permitted: varies(1_204),
  denied: varies(11),
  rate_limited: varies(0),
  ok: varies(1_190),
  failed: varies(9),
  cancelled: varies(3),
  input_required: varies(0),
  elsewhere: varies(0),
  duration_ms: variesFreely({ p50: 12.4, p95: 48.1, p99: 210.7, max: 1_034.2 }),
};

export const toolExamples = {
  getToolStats: {
    request: { query: { last: "24h", server: "tools" } },
    response: {
      status: 200,
      body: {
        from: varies("2026-07-27T09:00:00.000Z"),
        to: varies("2026-07-28T09:00:00.000Z"),
        total: counts,
        tools: variesFreely([{ server: "tools", tool: "echo", ...counts }]),
        truncated: false,
      },
    },
  },
} satisfies Record<string, Example>;
