import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutRetentionPolicyCommand,
  type CloudWatchLogsClient,
} from "@aws-sdk/client-cloudwatch-logs";

/** Makes the group, its retention and the stream, where they are missing. Rejects with the SDK's error. */
export async function createLogDestination(
  client: Pick<CloudWatchLogsClient, "send">,
  names: { readonly logGroupName: string; readonly logStreamName: string },
  retentionDays: number | undefined,
  abortSignal: AbortSignal,
): Promise<void> {
  const { logGroupName, logStreamName } = names;
  const isNew = await unlessThere(client.send(new CreateLogGroupCommand({ logGroupName }), { abortSignal }));
  if (isNew && retentionDays !== undefined) {
    const command = new PutRetentionPolicyCommand({ logGroupName, retentionInDays: retentionDays });
    await client.send(command, { abortSignal });
  }
  await unlessThere(
    client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }), { abortSignal }),
  );
}

/** Whether it was made; another replica may have been first. */
async function unlessThere(creation: Promise<unknown>): Promise<boolean> {
  try {
    await creation;
    return true;
  } catch (error) {
    if ((error as Error).name === "ResourceAlreadyExistsException") return false;
    throw error;
  }
}
