import { z } from "zod";
import { EVENT_REFUSALS } from "../../ingest/observer.ts";

export const takenEvent = z
  .object({
    id: z.string(),
    status: z
      .enum(["accepted", "duplicate"])
      .describe("`duplicate`: it was there before, and is not counted again"),
  })
  .meta({ id: "TakenEvent" });

export const takenBatch = z
  .object({
    accepted: z.number().int().describe("Events that are committed now"),
    duplicates: z.number().int().describe("Events that were there before"),
    refused: z
      .array(
        z.object({
          index: z.number().int().describe("Place in the batch, from 0"),
          code: z.enum(EVENT_REFUSALS),
          field: z.string().nullable(),
          message: z
            .string()
            .describe(
              "Of the first events; once the reasons have 65,536 characters, further ones are not said",
            ),
        }),
      )
      .describe("Events that are not taken; sent again as they are they will not be either"),
  })
  .meta({ id: "TakenBatch" });
export type TakenBatch = z.output<typeof takenBatch>;
