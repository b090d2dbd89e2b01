import { TransportError } from "./transport-error.ts";

/** Refuses a query whose escapes are no UTF-8: what stands for them would be searched for as if the client had meant it. */
export function checkQueryEncoding(url: string): void {
  const start = url.indexOf("?");
  if (start === -1 || !url.includes("%", start)) {
    return;
  }
  try {
    decodeURIComponent(url.slice(start));
  } catch (cause) {
    throw new TransportError("invalid_request", "The query of the URL is not percent-encoded UTF-8.", {
      cause,
    });
  }
}
