import { DeliveryError } from "../../domain/errors.ts";
import { excerpt } from "../../http/response-text.ts";
import type { CloudWatchClient } from "./client.ts";

/** Asks for the group. Who may write need not be allowed to ask: that refusal is a response, too. */
export async function checkCloudWatch(
  { connection, mask }: Pick<CloudWatchClient, "connection" | "mask">,
  logGroup: string,
  abortSignal: AbortSignal,
): Promise<void> {
  try {
    const { sdk, client } = await connection();
    const command = new sdk.DescribeLogGroupsCommand({ logGroupNamePrefix: logGroup, limit: 1 });
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
