import { z } from "zod";
import { isExposedUrl } from "../domain/exposed-url.ts";

/** In one form only: tokens name it letter for letter. */
export const publicUrlSchema = z
  .url({ protocol: /^https?$/, error: "must be an https URL" })
  .superRefine((text, context) => {
    if (!URL.canParse(text)) {
      return;
    }
    const url = new URL(text);
    const normal = url.origin + url.pathname.replace(/\/+$/, "");
    const problem = isExposedUrl(url)
      ? "must be an https URL, unless it is on a loopback address: tokens are sent to it"
      : !/^[A-Za-z0-9/._~-]*$/.test(url.pathname) || url.pathname.includes("//")
        ? "must have no other signs in its path than letters, digits, single slashes and -._~"
        : text !== normal
          ? `must be written as ${normal}`
          : null;
    if (problem !== null) {
      context.addIssue({ code: "custom", message: problem });
    }
  });
