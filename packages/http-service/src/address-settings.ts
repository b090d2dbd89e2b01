import { z } from "zod";
import { readSubnet } from "./client-address.ts";

/** Setting: an address, or a subnet as `10.0.0.0/8`. */
export const subnetSchema = z.string().superRefine((text, context) => {
  try {
    readSubnet(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: (error as Error).message });
  }
});

/** Setting: an origin as browsers send it. With a path it would never match. */
export const originSchema = z
  .url({ protocol: /^https?$/ })
  .refine((url) => !URL.canParse(url) || new URL(url).href === `${new URL(url).origin}/`, {
    message: "must be an origin: scheme, host and port, without a path",
  });
