import { varies, variesFreely, type Example } from "@sark/http-api";

const pool = { size: varies(2), in_use: varies(0), waiting: 0, limit: varies(64) };

export const upstreamExamples = {
  listUpstreams: {
    response: {
      status: 200,
      body: {
        upstreams: [
          {
            name: "tools",
            description: "",
            kind: "http",
            sensitivity: "low",
            status: varies("ok"),
            message: variesFreely(null),
            last_checked: variesFreely("2026-07-28T09:00:00.000Z"),
            last_success: variesFreely("2026-07-28T09:00:00.000Z"),
            last_failure: variesFreely(null),
            consecutive_failures: varies(0),
            pools: { calls: pool, streams: pool },
            errors: varies(0),
            last_error: variesFreely(null),
            processes: null,
          },
        ],
      },
    },
  },
} satisfies Record<string, Example>;
