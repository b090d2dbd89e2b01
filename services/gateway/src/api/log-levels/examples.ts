import { varies, variesFreely, type Example } from "@sark/http-api";

const components = variesFreely([{ component: "policy", level: "info" }]);

export const logLevelExamples = {
  getLogLevels: { response: { status: 200, body: { level: "info", components, reverts: [] } } },
  setLogLevel: {
    request: {
      body: { level: "debug", component: "policy", for: "1s", reason: "ops-12: why is alice denied?" },
    },
    response: {
      status: 200,
      body: {
        level: "info",
        components,
        reverts: [{ component: "policy", to: "info", at: varies("2026-07-28T09:10:00.000Z") }],
      },
    },
  },
} satisfies Record<string, Example>;
