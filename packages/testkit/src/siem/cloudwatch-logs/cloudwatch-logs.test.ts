import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogGroupsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  type InputLogEvent,
} from "@aws-sdk/client-cloudwatch-logs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startCloudWatchLogs, type CloudWatchLogs } from "./start-cloudwatch-logs.ts";

const NOW = Date.parse("2026-01-20T12:00:00Z");
const HOUR = 3_600_000;
const credentials = { accessKeyId: "AKIDTEST", secretAccessKey: "secret", region: "eu-west-1" };
const where = { logGroupName: "sark/security-audit", logStreamName: "replica-1" };

let cloudWatch: CloudWatchLogs;
let clients: CloudWatchLogsClient[];
beforeEach(async () => {
  cloudWatch = await startCloudWatchLogs({ credentials, now: () => NOW });
  clients = [];
});
afterEach(async () => {
  for (const client of clients) {
    client.destroy();
  }
  await cloudWatch.close();
});

type Change = { secretAccessKey?: string; accessKeyId?: string; region?: string };

function connect(change: Change = {}, endpoint = cloudWatch.url) {
  const { region, ...keys } = { ...credentials, ...change };
  const client = new CloudWatchLogsClient({
    endpoint,
    region,
    credentials: keys,
    maxAttempts: 1,
  });
  clients.push(client);
  return client;
}

async function withStream(url?: string): Promise<(logEvents: InputLogEvent[]) => Promise<unknown>> {
  const client = connect({}, url);
  await client.send(new CreateLogGroupCommand(where));
  await client.send(new CreateLogStreamCommand(where));
  return (logEvents) => client.send(new PutLogEventsCommand({ ...where, logEvents }));
}

describe("startCloudWatchLogs, seen by the AWS SDK", () => {
  it("wants group and stream first, then keeps events [LOG-3]", async () => {
    const client = connect();
    const put = new PutLogEventsCommand({ ...where, logEvents: [{ timestamp: NOW, message: "one" }] });
    await expect(client.send(put)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await client.send(new CreateLogGroupCommand(where));
    await expect(client.send(new CreateLogGroupCommand(where))).rejects.toMatchObject({
      name: "ResourceAlreadyExistsException",
    });
    await expect(client.send(put)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await client.send(new CreateLogStreamCommand(where));
    await client.send(new PutRetentionPolicyCommand({ ...where, retentionInDays: 30 }));
    await client.send(put);
    expect(cloudWatch.events(where.logGroupName, where.logStreamName)).toEqual([
      { timestamp: NOW, message: "one" },
    ]);
    expect(cloudWatch.retentionDays(where.logGroupName)).toBe(30);
    const { logGroups } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "sark/" }));
    expect(logGroups).toEqual([{ logGroupName: where.logGroupName, retentionInDays: 30 }]);
  });

  it.each([
    [{ secretAccessKey: "wrong" }, "InvalidSignatureException"],
    [{ accessKeyId: "AKIDOTHER" }, "UnrecognizedClientException"],
    [{ region: "us-east-1" }, "InvalidSignatureException"],
  ])("checks the signature: %j", async (change, name) => {
    await expect(connect(change).send(new CreateLogGroupCommand(where))).rejects.toMatchObject({ name });
  });

  it.each(["a:b", "a*b"])("refuses the stream name %s", async (logStreamName) => {
    await withStream();
    await expect(
      connect().send(new CreateLogStreamCommand({ ...where, logStreamName })),
    ).rejects.toMatchObject({ name: "InvalidParameterException" });
  });

  it.each<[string, InputLogEvent[]]>([
    [
      "events out of order",
      [
        { timestamp: NOW, message: "b" },
        { timestamp: NOW - 1, message: "a" },
      ],
    ],
    [
      "a span of more than a day",
      [
        { timestamp: NOW - 25 * HOUR, message: "a" },
        { timestamp: NOW, message: "b" },
      ],
    ],
    ["empty messages", [{ timestamp: NOW, message: "" }]],
    ["no events", []],
    ["more than 10000", Array.from({ length: 10_001 }, () => ({ timestamp: NOW, message: "x" }))],
    ["more than 1 MiB, 26 bytes an event included", [{ timestamp: NOW, message: "x".repeat(1_048_551) }]],
  ])("refuses %s", async (_what, events) => {
    const put = await withStream();
    await expect(put(events)).rejects.toMatchObject({ name: "InvalidParameterException" });
    expect(cloudWatch.events(where.logGroupName)).toEqual([]);
  });

  it("takes exactly 1 MiB", async () => {
    const put = await withStream();
    await put([{ timestamp: NOW, message: "x".repeat(1_048_550) }]);
    expect(cloudWatch.events(where.logGroupName)).toHaveLength(1);
  });

  it("refuses events beyond the time window one by one, within a success", async () => {
    const put = await withStream();
    const day = 24 * HOUR;
    const at = (timestamp: number) => ({ timestamp, message: String(timestamp) });
    await expect(
      put([at(NOW - 14 * day - 2), at(NOW - 14 * day - 1), at(NOW - 14 * day)]),
    ).resolves.toMatchObject({
      rejectedLogEventsInfo: { tooOldLogEventEndIndex: 2 },
    });
    await expect(put([at(NOW + 2 * HOUR), at(NOW + 2 * HOUR + 1)])).resolves.toMatchObject({
      rejectedLogEventsInfo: { tooNewLogEventStartIndex: 1 },
    });
    await connect().send(new PutRetentionPolicyCommand({ ...where, retentionInDays: 7 }));
    await expect(put([at(NOW - 8 * day), at(NOW - 7 * day)])).resolves.toMatchObject({
      rejectedLogEventsInfo: { expiredLogEventEndIndex: 1 },
    });
    expect(cloudWatch.events(where.logGroupName).map(({ timestamp }) => timestamp)).toEqual([
      NOW - 14 * day,
      NOW + 2 * HOUR,
      NOW - 7 * day,
    ]);
  });

  it("runs as a program with a control interface", async () => {
    const program = join(import.meta.dirname, "main.ts");
    const keys = ["--access-key-id=AKIDTEST", "--secret-access-key=secret", "--region=eu-west-1"];
    const child = spawn(process.execPath, [program, ...keys, `--group=${where.logGroupName}`]);
    try {
      const [line] = (await once(createInterface(child.stdout), "line")) as [string];
      const { url, control } = JSON.parse(line) as { url: string; control: string };
      const put = await withStream(url);
      await put([{ timestamp: Date.now(), message: "one" }]);
      expect(await (await fetch(`${control}/accepted`)).json()).toMatchObject([{ message: "one" }]);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("throttles with status 400, and fails in other ways when told to", async () => {
    const put = await withStream();
    cloudWatch.faults.add({ kind: "code", code: 400 }, { kind: "code", code: 503 }, { kind: "garbage" });
    const one = [{ timestamp: NOW, message: "one" }];
    await expect(put(one)).rejects.toMatchObject({ name: "ThrottlingException" });
    await expect(put(one)).rejects.toMatchObject({ name: "ServiceUnavailableException" });
    await expect(put(one)).rejects.toThrow();
    await put(one);
    expect(cloudWatch.events(where.logGroupName)).toHaveLength(1);
  });
});
