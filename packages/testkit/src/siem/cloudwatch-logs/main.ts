import { runProgram } from "../receiver/run-program.ts";
import { startCloudWatchLogs } from "./start-cloudwatch-logs.ts";

const usage = `  --access-key-id ID, --secret-access-key KEY, --region REGION   what requests are signed with; required
  --group NAME       the log group that the control interface's /accepted shows; required
`;

await runProgram(
  "cloudwatch-logs",
  usage,
  {
    "access-key-id": { type: "string", default: "" },
    "secret-access-key": { type: "string", default: "" },
    region: { type: "string", default: "us-east-1" },
    group: { type: "string", default: "" },
  },
  async (options, values) => {
    const { "access-key-id": accessKeyId, "secret-access-key": secretAccessKey, region, group } = values;
    if (!accessKeyId || !secretAccessKey || !group) {
      throw new Error("--access-key-id, --secret-access-key and --group are required");
    }
    const receiver = await startCloudWatchLogs({
      ...options,
      credentials: {
        accessKeyId: String(accessKeyId),
        secretAccessKey: String(secretAccessKey),
        region: String(region),
      },
    });
    return { ...receiver, accepted: () => receiver.events(String(group)) };
  },
);
