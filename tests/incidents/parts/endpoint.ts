import { startProbedEndpoint, type ProbedEndpoint } from "../../support/probed-endpoint.ts";
import type { Part } from "./part.ts";

/** A public address that the blackbox exporter looks at. */
export const endpoint: Part<Pick<ProbedEndpoint, "renew" | "refuse">> = {
  async start(ground) {
    const value = await startProbedEndpoint(ground.folder);
    ground.undo(() => value.close());
    return { value, targets: [value.target] };
  },
};
