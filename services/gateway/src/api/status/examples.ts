import { varies, variesFreely, type Example } from "@sark/http-api";

export const statusExamples = {
  getStatus: {
    response: {
      status: 200,
      body: {
        version: varies("0.1.0"),
        replica: varies("gateway-1:17"),
        uptime_seconds: varies(86_400),
        state: "serving",
        health: { status: varies("ok"), failing: variesFreely({}) },
        calls_running: varies(3),
        streams_open: varies(2),
        sessions: {
          open: varies(12),
          activities: varies(4),
          principals: varies(7),
          max: 20_000,
          max_per_principal: 1_000,
          idle_timeout_seconds: 1_800,
          max_duration_seconds: 86_400,
        },
        limits: {
          requests_per_caller: 1_000,
          streams_per_caller: 100,
          rate_limit_rules: 1,
          shared: "no",
        },
        audit_store: {
          available: true,
          waiting: varies(0),
          queue_limit: varies(10_000),
          spooled_bytes: varies(0),
        },
      },
    },
  },
} satisfies Record<string, Example>;
