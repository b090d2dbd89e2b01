import type { Client } from "@modelcontextprotocol/client";

/** One thing that the demo does, and how it ended, in a line. */
export interface Step {
  readonly what: string;
  readonly ended: string;
}

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
    const { code, message, data } = error as { code?: number; message: string; data?: { audit_id?: string } };
    if (options.signal?.aborted) return "cancelled by the client";
    const audit = data?.audit_id === undefined ? "" : `  (audit id ${data.audit_id})`;
    return `${code ?? "error"}: ${shorten(message)}${audit}`;
  }
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 90 ? `${line.slice(0, 89)}…` : line;
}
