import { runProgram } from "../receiver/run-program.ts";
import { startSplunkHec } from "./start-splunk-hec.ts";

const usage = `  --token TOKEN      the HEC token; required
  --ack              the token asks for indexer acknowledgement
`;

await runProgram(
  "splunk-hec",
  usage,
  { token: { type: "string", default: "" }, ack: { type: "boolean", default: false } },
  async (options, { token, ack }) => {
    if (typeof token !== "string" || token === "") {
      throw new Error("--token is required");
    }
    const receiver = await startSplunkHec({ ...options, token, acknowledgement: ack === true });
    return { ...receiver, accepted: receiver.indexed };
  },
);
