const NAMES_OF_UTF8: ReadonlySet<string> = new Set(["utf-8", "utf8"]);

const JSON_ALONE: readonly string[] = ["application/json"];

/**
 * Whether a `Content-Type` says JSON in UTF-8, or another one of such types. Servers and firewalls that honour `charset` would read other text out of the
 * same bytes, so that no other one is taken, nor two of them (RFC 8259: JSON has none).
 */
export function isUtf8Json(contentType: string | undefined, types = JSON_ALONE): boolean {
  const [type = "", ...parameters] = (contentType ?? "").split(";");
  const charsets = parameters
    .map((parameter) => parameter.split("="))
    // In the forms of RFC 2231, too (`charset*`, `charset*0`), which name no UTF-8 here.
    .filter(([name = ""]) => name.trim().toLowerCase().startsWith("charset"))
    .map(([name = "", ...value]) =>
      name.includes("*")
        ? name
        : value
            .join("=")
            .trim()
            .toLowerCase()
            .replace(/^"(.*)"$/, "$1"),
    );
  return (
    types.includes(type.trim().toLowerCase()) &&
    charsets.length <= 1 &&
    charsets.every((charset) => NAMES_OF_UTF8.has(charset))
  );
}
