import type { Exposition } from "../api/metrics/endpoints.ts";
import type { ProcessGroup } from "../domain/process-group.ts";
import { mergeExpositions } from "../workers/merge-expositions.ts";

type Exposed = Awaited<ReturnType<Exposition["expose"]>>;

/** The metrics of all processes behind one address: each scrape reaches one of them, and it is not known which. */
export function exposeGroup(group: ProcessGroup, own: Exposition): Exposition {
  if (group.worker === null) {
    return own;
  }
  group.onAsked("metrics", async (accept) => ({
    ...(await own.expose(typeof accept === "string" ? accept : undefined)),
  }));
  return {
    async expose(accept) {
      const [first, ...others] = (await group.ask(
        "metrics",
        accept ?? null,
      )) as unknown as readonly Exposed[];
      if (first === undefined) {
        return own.expose(accept);
      }
      return { ...first, body: mergeExpositions([first, ...others].map(({ body }) => body)) };
    },
  };
}
