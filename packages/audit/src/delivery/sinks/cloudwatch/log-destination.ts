import type { CloudWatchConnection } from "./client.ts";

/** Makes the group, its retention and the stream, where they are missing. The function rejects with the SDK's error. */
export function createLogDestination(
  names: { readonly logGroupName: string; readonly logStreamName: string },
  retentionDays: number | undefined,
): (connection: CloudWatchConnection, abortSignal: AbortSignal) => Promise<void> {
  const { logGroupName, logStreamName } = names;
  /** The group is ours, or may be: of a creation without a response that is not known. It is owed its retention. */
  let isOurs = false;

  /** Resolves to the refusal where that is not permitted: the group may be there all the same. */
  async function createGroup(
    { sdk, client }: CloudWatchConnection,
    abortSignal: AbortSignal,
  ): Promise<unknown> {
    try {
      const command = new sdk.CreateLogGroupCommand({ logGroupName });
      isOurs = (await unlessThere(client.send(command, { abortSignal }))) || isOurs;
      return null;
    } catch (error) {
      if (nameOf(error) === "AccessDeniedException") {
        return error;
      }
      isOurs ||= (error as { $fault?: string }).$fault !== "client";
      throw error;
    }
  }

  return async (connection, abortSignal) => {
    const { sdk, client } = connection;
    const refusal = await createGroup(connection, abortSignal);
    if (isOurs && retentionDays !== undefined) {
      const command = new sdk.PutRetentionPolicyCommand({ logGroupName, retentionInDays: retentionDays });
      await client.send(command, { abortSignal });
    }
    isOurs = false;
    try {
      const command = new sdk.CreateLogStreamCommand({ logGroupName, logStreamName });
      await unlessThere(client.send(command, { abortSignal }));
    } catch (error) {
      throw nameOf(error) === "ResourceNotFoundException" ? (refusal ?? error) : error;
    }
  };
}

const nameOf = (error: unknown) => (error as Error).name;

/** Whether it was made; another replica may have been first. */
async function unlessThere(creation: Promise<unknown>): Promise<boolean> {
  try {
    await creation;
    return true;
  } catch (error) {
    if (nameOf(error) === "ResourceAlreadyExistsException") {
      return false;
    }
    throw error;
  }
}
