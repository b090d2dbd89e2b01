import type { JsonRpcRequest } from "../../domain/json-rpc.ts";
import type { JsonObject } from "@sark/json";
import type { IncomingHeaders } from "../http/headers.ts";

/** Headers that repeat parts of the body, so that proxies can route by them. They must not say anything else than the body. */
export interface MirrorHeaders {
  /** Throws a `ProtocolViolation` when a header names another method. */
  checkMethod(headers: IncomingHeaders, method: string): void;
  /** Throws a `ProtocolViolation` when a header that a request must have is absent, or names another target. */
  checkRequest(headers: IncomingHeaders, request: JsonRpcRequest): void;
  /** The names of those that repeat an argument. */
  paramHeaders(headers: IncomingHeaders): readonly string[];
  /** The first of these that repeats no argument as the tool's schema declares it; `null` when all do. */
  findParamMismatch(
    headers: IncomingHeaders,
    given: JsonObject | null,
    schema: JsonObject | null,
  ): string | null;
  /** Those that go upstream. No others: what they say was not checked. */
  forwarded(headers: IncomingHeaders): Record<string, string>;
  /** Lets headers follow when a policy replaces arguments. Changes `headers`. */
  followArguments(headers: Record<string, string>, original: JsonObject | null, filtered: JsonObject): void;
}
