import { z } from "zod";
import { DRAIN_STATES } from "../../draining/drain-control.ts";

export const drainStatus = z.object({
  state: z.enum(DRAIN_STATES),
  since: z.iso.datetime().nullable().describe("When draining began"),
  cut_at: z.iso.datetime().nullable().describe("When calls that still run are cut"),
  calls_running: z.number().int(),
  streams_open: z.number().int(),
  calls_cut: z.number().int().describe("Calls of this drain that were not over in time"),
});

export type ShownDrain = z.output<typeof drainStatus>;
