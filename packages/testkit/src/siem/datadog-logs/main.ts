import { runProgram } from "../receiver/run-program.ts";
import { startDatadogLogs } from "./start-datadog-logs.ts";

await runProgram(
  "datadog-logs",
  "  --api-key KEY      the API key; required\n",
  { "api-key": { type: "string", default: "" } },
  async (options, { "api-key": apiKey }) => {
    if (typeof apiKey !== "string" || apiKey === "") {
      throw new Error("--api-key is required");
    }
    const receiver = await startDatadogLogs({ ...options, apiKey });
    return { ...receiver, accepted: receiver.logs };
  },
);
