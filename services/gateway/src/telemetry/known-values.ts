import { ERROR_CODES } from "../mcp/errors/codes.ts";
import { REJECTIONS } from "../mcp/errors/rejection.ts";
import { JSON_RPC_ERRORS } from "../mcp-protocol/json-rpc/error-codes.ts";
import { CLIENT_NOTIFICATIONS, METHODS, PSEUDO_METHODS } from "../mcp-protocol/vocabulary/methods.ts";

/** Methods that metrics tell apart. Callers may write any other. */
export const KNOWN_METHODS: readonly string[] = [
  ...METHODS.keys(),
  ...CLIENT_NOTIFICATIONS,
  ...Object.values(PSEUDO_METHODS),
];

/** Routes that operators and Prometheus ask for: no traffic of clients. */
export const OPERATORS_ROUTES = [
  "metrics",
  "health",
  "livez",
  "readyz",
  "health/ready",
  "health/detailed",
] as const;

/** What goes wrong beside requests, and is counted with their errors: connections, records, keys. */
export const FAULT_OPERATIONS = ["tls", "access", "audit_outcome", "api_keys", "jwks"] as const;
export type FaultOperation = (typeof FAULT_OPERATIONS)[number];

/** Operations that errors of requests tell apart, beside the other routes of the API. */
export const KNOWN_OPERATIONS: readonly string[] = [
  ...KNOWN_METHODS,
  ...OPERATORS_ROUTES,
  ...FAULT_OPERATIONS,
];

/** JSON-RPC error codes that metrics tell apart. Servers may respond with any other. */
export const KNOWN_ERROR_CODES: readonly string[] = [
  ...new Set([
    ...Object.values(ERROR_CODES),
    JSON_RPC_ERRORS.method_not_found,
    -32002,
    -32003,
    -32042,
    -32800,
  ]),
].map(String);

/** Errors of requests that metrics tell apart: those codes, and why a message never reached a decision. */
export const KNOWN_ERROR_TYPES: readonly string[] = [...KNOWN_ERROR_CODES, ...Object.keys(REJECTIONS)];

/** What stands for the methods that callers make up. */
export const OTHER_METHOD = "other";

const methods = new Set(KNOWN_METHODS);
const codes = new Set(KNOWN_ERROR_CODES);
const IS_CODE = /^-?\d/;

/** As a label of the MCP convention, which has `other` for what it does not name. */
export function listedMethod(method: string): string {
  return methods.has(method) ? method : OTHER_METHOD;
}

/** As a label. Logs and traces have what was written. */
export function knownMethod(method: string): string {
  return methods.has(method) ? method : "other_method";
}

/** As a label: words are the gateway's own. */
export function knownErrorType(type: string): string {
  return IS_CODE.test(type) && !codes.has(type) ? "other_code" : type;
}
