import { Rejection } from "../errors/rejection.ts";

/** RFC 3986, appendix B. */
const PARTS = /^(?:([^:/?#]*):)?(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/su;
const SCHEME = /^[a-z][a-z0-9+.-]*$/;
/** Schemes whose authority the URL Standard rewrites, and servers on its parsers with it. */
const SPECIAL: ReadonlySet<string> = new Set(["http", "https", "ws", "wss", "ftp", "file"]);

/** White space, controls and what is invisible. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|^\p{White_Space}|\p{White_Space}$/u;
const ESCAPE = /%(?:([0-9A-F]{2})|.{0,2})/gsu;
/** Characters that need no escape anywhere, and controls, which no name has. */
const NEVER_ESCAPED = /^[A-Za-z0-9._~\u0000-\u001f\u007f-]$/; // oxlint-disable-line no-control-regex -- finding them is the point
/** An escape that is escaped itself. */
const TWICE = /%25[0-9A-Fa-f]{2}/;
/** What a reader that normalises, or that runs on Windows, takes for `.` or for `/`. */
const DOTS = /[\u2024\ufe52\uff0e]/g;
const SEPARATORS = /[/\\\u2044\u2215\ufe68\uff0f\uff3c]/;
/** `.` and `..`, also with the blanks that Windows drops or the parameters that some web servers do. */
const DOT_SEGMENT = /^\.{1,2}(?:\s*|;.*)$/s;

/**
 * All spellings under which a resource's URI has to be permitted. Servers read URIs with parsers: `file:///a/../b`,
 * `FILE:///b` and `file:///%62` are `file:///b` to most of them, and a rule about that one has not seen it. What has
 * another spelling that every parser agrees on is refused. What servers really list and readers still differ about is
 * decided about as written and as it is read: unescaped characters, a fragment, a file's query, capitals in an authority.
 * Throws a `Rejection`.
 */
export function resourceReadings(uri: string, where: string): readonly string[] {
  const problem = problemOf(uri);
  if (problem !== null) {
    throw new Rejection("invalid_params", `${where} must be a URI in its normal form: ${problem}.`);
  }
  const [, scheme, authority, path = "", query = "", fragment = ""] = PARTS.exec(uri) ?? [];
  const readings = new Set([uri]);
  const whole = fragment === "" ? uri : uri.slice(0, -fragment.length);
  readings.add(whole);
  readings.add(hrefOf(whole));
  if (scheme === "file" && query !== "") {
    readings.add(hrefOf(`file://${authority ?? ""}${path}`));
  }
  if (authority !== undefined && scheme !== undefined) {
    readings.add(hrefOf(`${scheme}://${authority.toLowerCase()}${path}${query}`));
  }
  return [...readings];
}

function problemOf(uri: string): string | null {
  if (UNSEEN.test(uri)) {
    return "it has characters that cannot be seen, or blanks at an end";
  }
  const [, scheme, authority, path = ""] = PARTS.exec(uri) ?? [];
  if (scheme !== undefined && !SCHEME.test(scheme)) {
    return "a scheme is written in small letters";
  }
  const escaped = escapeProblem(uri);
  if (escaped !== null) {
    return escaped;
  }
  if (path.includes("\\") || authority?.includes("\\") === true) {
    return "it has a backslash";
  }
  const segments = decodeURIComponent(path).replaceAll(DOTS, ".").split(SEPARATORS);
  if (segments.some((segment) => DOT_SEGMENT.test(segment))) {
    return 'its path has a segment "." or ".."';
  }
  return scheme !== undefined && SPECIAL.has(scheme) ? authorityProblem(uri, scheme, authority, path) : null;
}

function escapeProblem(uri: string): string | null {
  if (TWICE.test(uri)) {
    return "it has an escape that is escaped itself";
  }
  for (const [, digits] of uri.matchAll(ESCAPE)) {
    if (digits === undefined) {
      return '"%" is followed by two digits, in capitals';
    }
    if (NEVER_ESCAPED.test(String.fromCharCode(Number.parseInt(digits, 16)))) {
      return `"%${digits}" stands for a character that is not to be escaped`;
    }
  }
  try {
    decodeURIComponent(uri);
    return null;
  } catch {
    return "its escapes are not UTF-8";
  }
}

/** The authority as all parsers of the URL Standard write it: no other case, port, numbers or alphabet. */
function authorityProblem(
  uri: string,
  scheme: string,
  authority: string | undefined,
  path: string,
): string | null {
  if (authority === undefined) {
    return `"${scheme}:" is followed by "//"`;
  }
  if (!URL.canParse(uri)) {
    return "its host is not valid";
  }
  const { host, hostname } = new URL(uri);
  if (host !== authority) {
    return "its host is written without user, default port, capitals or characters beyond ASCII";
  }
  if (hostname.endsWith(".")) {
    return "its host ends with a dot";
  }
  if (scheme === "file" && path.includes("//")) {
    return "a file's path has empty segments";
  }
  return null;
}

/** As parsers of the URL Standard write it; the text itself where they cannot read it. */
function hrefOf(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).href : uri;
}
