import { isUtf8Json } from "@sark/http-service";
import { Rejection } from "../errors/rejection.ts";
import { headerOf, type IncomingHeaders } from "../../mcp-protocol/http/headers.ts";

const EVENT_ID = /^[\x20-\x7e]{1,1024}$/;

/** The body must be JSON as it stands: nothing packed, nothing typed otherwise. */
export function checkContent(headers: IncomingHeaders): void {
  const encoding = headerOf(headers, "content-encoding")?.toLowerCase();
  if (!isUtf8Json(headerOf(headers, "content-type"))) {
    throw new Rejection(
      "unsupported_media_type",
      "Unsupported Media Type: Content-Type must be application/json, in UTF-8",
    );
  }
  if (encoding !== undefined && encoding !== "identity") {
    throw new Rejection(
      "unsupported_media_type",
      "Unsupported Media Type: send the body without Content-Encoding",
    );
  }
}

/** `Last-Event-ID` is the server's own word; only its form can be checked. */
export function checkLastEventId(headers: IncomingHeaders): void {
  const id = headerOf(headers, "last-event-id");
  if (id !== undefined && !EVENT_ID.test(id)) {
    throw new Rejection(
      "invalid_event_id",
      "Bad Request: Last-Event-ID must be 1 to 1024 visible characters",
    );
  }
}
