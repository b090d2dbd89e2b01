import { varies, variesFreely, type Example } from "../examples/example.ts";

const components = variesFreely([{ component: "http", level: "info" }]);

export const logLevelExamples = {
  getLogLevels: { response: { status: 200, body: { level: "info", components, reverts: [] } } },
  setLogLevel: {
    request: {
      body: { level: "debug", component: "http", for: "1s", reason: "ops-12: why are requests refused?" },
    },
    response: {
      status: 200,
      body: {
        level: "info",
        components,
        reverts: [{ component: "http", to: "info", at: varies("2026-07-28T09:10:00.000Z") }],
      },
    },
  },
} satisfies Record<string, Example>;
