/** No receiver gets to stop what is sent to it for longer than this. */
const LONGEST_MS = 15 * 60_000;

/** `Retry-After` (RFC 9110, seconds or a date) in milliseconds; `undefined` when there is none to go by. */
export function retryAfterMs(
  header: string | string[] | undefined,
  now: number = Date.now(),
): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim();
  if (text === undefined || text === "") {
    return undefined;
  }
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(LONGEST_MS, Math.max(0, ms));
}
