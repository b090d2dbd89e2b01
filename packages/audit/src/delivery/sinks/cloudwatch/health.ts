import { DescribeLogGroupsCommand, type CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DeliveryError } from "../../domain/errors.ts";
import { excerpt } from "../../http/response-text.ts";

/** Asks for the group. Who may write need not be allowed to ask: that refusal is a response, too. */
export async function checkCloudWatch(
  client: Pick<CloudWatchLogsClient, "send">,
  logGroup: string,
  mask: () => Promise<(text: string) => string>,
  abortSignal: AbortSignal,
): Promise<void> {
  try {
    const command = new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroup, limit: 1 });
    await client.send(command, { abortSignal });
  } catch (error) {
    const { name, message } = error as { readonly name: unknown; readonly message: unknown };
    if (name === "AccessDeniedException") {
      return;
    }
    const said = excerpt((await mask())(String(message)));
    throw new DeliveryError("receiver_unavailable", `${String(name)}: ${said}`, { cause: error });
  }
}
