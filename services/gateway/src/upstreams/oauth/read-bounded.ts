import type { Response as FetchedResponse } from "undici";

/** More than any response with a token. */
const MAX_BYTES = 64 * 1024;

/** Statuses whose responses have no body. */
const BODILESS = new Set([204, 205, 304]);

/** The response with its whole body, which is bounded. Throws for a longer one. */
export async function readBounded(response: FetchedResponse): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    const bytes = chunk as Uint8Array;
    size += bytes.byteLength;
    if (size > MAX_BYTES) {
      throw new Error(`more than ${MAX_BYTES} bytes`);
    }
    chunks.push(bytes);
  }
  const { status } = response;
  const headers = Object.fromEntries(response.headers.entries());
  return new Response(BODILESS.has(status) ? null : Buffer.concat(chunks), { status, headers });
}
