import { varies, type Example } from "@sark/http-api";

const budget = {
  kind: "user",
  name: "alice",
  tenant: null,
  period: "day",
  limit: "100",
  stop: "hard",
  used: "0",
  reserved: "0",
  remaining: "100",
  ends_at: varies("2026-07-29T00:00:00.000Z"),
};

export const quotaExamples = {
  showQuotas: {
    request: { query: { user: "alice" } },
    response: {
      status: 200,
      body: {
        currency: "USD",
        prices: [
          {
            server: "search",
            tool: "web_search",
            per_call: "0.005",
            per_unit: null,
            units: null,
            expected_units: 0,
          },
        ],
        rules: [{ for: "user", name: null, tenant: null, daily: "100", monthly: null, stop: "hard" }],
        budgets: [budget],
      },
    },
  },
  resetQuota: {
    request: { body: { user: "alice", reason: "the day's tests were hers" } },
    response: { status: 200, body: { currency: "USD", budgets: [budget] } },
  },
  adjustQuota: {
    request: { body: { user: "alice", amount: "0", period: "day", reason: "the provider gave it back" } },
    response: { status: 200, body: { currency: "USD", budgets: [budget] } },
  },
} satisfies Record<string, Example>;
