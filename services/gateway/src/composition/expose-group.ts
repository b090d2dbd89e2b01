import type { Exposition } from "@sark/observability/metrics";
import type { Exposed } from "../api/metrics/endpoints.ts";
import type { ProcessGroup } from "../domain/process-group.ts";
import { mergeExpositions } from "../workers/merge-expositions.ts";

/** Between processes bytes are written as text. */
type Sent = Readonly<Record<"contentType" | "body", string>> & { readonly encoding: "utf8" | "base64" };

/** The metrics of all processes behind one address: each scrape reaches one of them, and it is not known which. */
export function exposeGroup(group: ProcessGroup, own: Exposed): Exposed {
  if (group.worker === null) {
    return own;
  }
  group.onAsked("metrics", async (accept) =>
    toSend(await own.expose(typeof accept === "string" ? accept : undefined)),
  );
  return {
    async expose(accept) {
      const all = (await group.ask("metrics", accept ?? null)) as unknown as readonly Sent[];
      const [first] = all;
      return first === undefined ? own.expose(accept) : { contentType: first.contentType, body: merged(all) };
    },
  };
}

function toSend({ contentType, body }: Exposition): Sent {
  return typeof body === "string"
    ? { contentType, body, encoding: "utf8" }
    : { contentType, body: body.toString("base64"), encoding: "base64" };
}

/** All of them are in one format: each was asked for the same. Messages follow each other; a family may come more than once. */
function merged(all: readonly Sent[]): Exposition["body"] {
  return all.every(({ encoding }) => encoding === "base64")
    ? Buffer.concat(all.map(({ body }) => Buffer.from(body, "base64")))
    : mergeExpositions(all.map(({ body }) => body));
}
