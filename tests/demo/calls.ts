import type { Client } from "@modelcontextprotocol/client";

/** Calls a tool and says how it ended; never throws. */
export async function call(
  client: Client,
  name: string,
  args: Record<string, unknown>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<string> {
  try {
    const result = (await client.callTool({ name, arguments: args }, options)) as {
      isError?: boolean;
      content?: { type: string; text?: string }[];
    };
    const text = result.content?.find(({ type }) => type === "text")?.text ?? "";
    return `${result.isError ? "tool error" : "ok"}: ${shorten(text)}`;
  } catch (error) {
    if (options.signal?.aborted) {
      return "cancelled by the client";
    }
    const { code, message } = error as { code?: number; message: string };
    return `${code ?? "error"}: ${shorten(message)}`;
  }
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
