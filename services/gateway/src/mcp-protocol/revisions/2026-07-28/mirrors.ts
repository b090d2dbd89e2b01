import { headerOf, type IncomingHeaders } from "../../http/headers.ts";
import type { MirrorHeaders } from "../../rules/mirror-headers.ts";
import { NAME_HEADER_SOURCE } from "../../vocabulary/methods.ts";
import { checkMethod, checkRequest } from "./header-rules.ts";
import { paramDeclarations } from "./param-declarations.ts";
import { followArguments, PARAM_HEADER_PREFIX } from "./param-headers.ts";
import { findParamMismatch, paramHeaders } from "./param-mismatch.ts";

/** `Mcp-Method`, `Mcp-Name` and `Mcp-Param-*`. */
export const mirrors: MirrorHeaders = {
  checkMethod,
  checkRequest,
  paramHeaders,
  findParamMismatch(headers, given, schema) {
    return findParamMismatch(headers, given, schema === null ? new Map() : paramDeclarations(schema));
  },
  forwarded,
  followArguments,
};

function forwarded(incoming: IncomingHeaders): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of Object.keys(incoming)) {
    const isMirror = name === "mcp-method" || name === "mcp-name" || name.startsWith(PARAM_HEADER_PREFIX);
    const value = isMirror ? headerOf(incoming, name) : undefined;
    if (value !== undefined) {
      headers[name] = value;
    }
  }
  // Where the body names nothing there was nothing to check it against.
  if (!NAME_HEADER_SOURCE.has(headers["mcp-method"] ?? "")) {
    delete headers["mcp-name"];
  }
  if (headers["mcp-method"] !== "tools/call") {
    for (const name of Object.keys(headers)) {
      if (name.startsWith(PARAM_HEADER_PREFIX)) {
        delete headers[name];
      }
    }
  }
  return headers;
}
