import { varies, type Example } from "@sark/http-api";

const TIME = varies("2026-07-28T09:00:00.000Z");
const serving = {
  state: "serving",
  since: null,
  cut_at: null,
  calls_running: varies(2),
  streams_open: varies(1),
  calls_cut: 0,
};

export const drainingExamples = {
  getDrain: { response: { status: 200, body: serving } },
  drain: {
    request: { body: { timeout: "30s", reason: "new version" } },
    response: { status: 202, body: { ...serving, state: varies("draining"), since: TIME, cut_at: TIME } },
  },
  undrain: {
    request: { body: { reason: "the old version stays" } },
    response: { status: 200, body: serving },
  },
} satisfies Record<string, Example>;
