const PREFIX = "=?base64?";
const SUFFIX = "?=";
/** RFC 4648 section 4, with its padding: whatever is not canonical is refused, as the specification asks. */
const CANONICAL = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const PLAIN = /^[\x20-\x7e\t]+$/;

/** As it is wrapped for readers that do not look closely. */
const NEARLY_WRAPPED = /^=\?base64\?.*\?=$/i;

/**
 * The text that an `Mcp-Name` or `Mcp-Param-*` header stands for; `null` when its base64 or UTF-8 is bad, when it has
 * characters that would have to be wrapped, or when some readers would take it for wrapped.
 */
export function decodeHeaderValue(value: string): string | null {
  if (!isWrapped(value)) {
    return (value === "" || PLAIN.test(value)) && !NEARLY_WRAPPED.test(value) ? value : null;
  }
  const payload = value.slice(PREFIX.length, value.length - SUFFIX.length);
  if (!CANONICAL.test(payload)) {
    return null;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(payload, "base64"));
  } catch {
    return null;
  }
}

/** Writes a text as a header value, wrapped in base64 where it could not stand in a header as it is. */
export function encodeHeaderValue(text: string): string {
  if (PLAIN.test(text) && text === text.trim() && !isWrapped(text)) {
    return text;
  }
  return `${PREFIX}${Buffer.from(text, "utf8").toString("base64")}${SUFFIX}`;
}

function isWrapped(value: string): boolean {
  return value.length >= PREFIX.length + SUFFIX.length && value.startsWith(PREFIX) && value.endsWith(SUFFIX);
}
