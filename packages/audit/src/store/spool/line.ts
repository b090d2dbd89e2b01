import { crc32 } from "node:zlib";
import { restoreEvent } from "../../events/restore-event.ts";
import type { AcceptedEvent } from "../../events/accepted-event.ts";
import type { KeptPayload } from "../../events/payload.ts";

interface Entry {
  readonly canonical: string;
  readonly payloads?: readonly (Pick<KeptPayload, "kind" | "policy"> & {
    readonly salt: string;
    readonly body: string | null;
  })[];
}

/** One event as a line: CRC-32 of what follows, in hex, a blank, JSON. */
export function encodeLine(event: AcceptedEvent): string {
  const entry: Entry = {
    canonical: event.canonical,
    ...(event.payloads.length === 0
      ? {}
      : {
          payloads: event.payloads.map(({ kind, policy, salt, body }) => ({
            kind,
            policy,
            salt: salt.toString("base64"),
            body: body?.toString("base64") ?? null,
          })),
        }),
  };
  const json = JSON.stringify(entry);
  return `${checksum(json)} ${json}\n`;
}

/** `null` for a line that was cut off or damaged, or that another program wrote: it must not stop those behind it. */
export function decodeLine(line: string): AcceptedEvent | null {
  const json = line.slice(9);
  if (line.slice(0, 8) !== checksum(json)) {
    return null;
  }
  try {
    return restore(json);
  } catch {
    return null;
  }
}

function restore(json: string): AcceptedEvent {
  const { canonical, payloads = [] } = JSON.parse(json) as Entry;
  return restoreEvent(
    canonical,
    payloads.map(({ kind, policy, salt, body }) => ({
      kind,
      policy,
      salt: Buffer.from(salt, "base64"),
      body: body === null ? null : Buffer.from(body, "base64"),
    })),
  );
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, "0");
}
