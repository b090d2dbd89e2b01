import { z } from "zod";
import { secureUrl } from "@sark/observability/settings";

/** In one form only: tokens name it letter for letter. */
export const publicUrlSchema = z.url({ protocol: /^https?$/, error: "must be an https URL" }).superRefine(
  secureUrl("tokens are sent to it", (url, text) => {
    const normal = url.origin + url.pathname.replace(/\/+$/, "");
    if (!/^[A-Za-z0-9/._~-]*$/.test(url.pathname) || url.pathname.includes("//")) {
      return "must have no other signs in its path than letters, digits, single slashes and -._~";
    }
    return text === normal ? null : `must be written as ${normal}`;
  }),
);
