import type { ErrorFormat } from "./http-failure.ts";

/** `{ "error": { "code", "message", "field"?, "correlation_id" } }`. */
export const ERROR_OBJECT: ErrorFormat = {
  contentType: "application/json; charset=utf-8",
  body: ({ code, message, field }, correlationId) => ({
    error: { code, message, ...(field === undefined ? {} : { field }), correlation_id: correlationId },
  }),
};
