import { z } from "zod";

/** A response without a body. */
export const noContent = z.undefined();
