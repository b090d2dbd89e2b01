import { varies, variesFreely, type Example } from "@sark/http-api";

const live: Example = {
  response: { status: 200, body: { status: "ok", version: varies("0.1.0"), uptime_seconds: varies(86_400) } },
};
const ready: Example = { response: { status: 200, body: { status: "ok" } } };

export const healthExamples = {
  live,
  ready,
  detailed: {
    response: {
      status: 200,
      body: {
        status: "ok",
        draining: false,
        version: varies("0.1.0"),
        uptime_seconds: varies(86_400),
        components: variesFreely([
          {
            name: "audit-store",
            component: "database",
            required: true,
            status: "ok",
            latency_ms: 2,
            last_checked: "2026-07-28T09:00:00.000Z",
            last_success: "2026-07-28T09:00:00.000Z",
            last_failure: null,
            last_failure_message: null,
            consecutive_failures: 0,
            message: null,
            details: null,
          },
        ]),
      },
    },
  },
} satisfies Record<string, Example>;
