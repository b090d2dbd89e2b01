import { type Json, findLookAlike, countMembers, type Measure } from "@sark/json";
import { MalformedResponse } from "../errors/malformed-response.ts";
import { SERVER_MESSAGE } from "../../mcp-protocol/vocabulary/members.ts";

/** Schemas and results are nested; what is deeper than this is neither. */
const MAX_DEPTH = 500;

/**
 * Refuses a message of a server that a client could read as another one than the gateway filters and records: a key
 * that stands twice, or a member such as `Result` or `Tools`, which clients on Go's encoding/json take for the real
 * one. Keys of data within results may be similar. Throws a `MalformedResponse`.
 *
 * @param measure of the text that the value was parsed from
 */
export function refuseAmbiguousMessage(value: Json, { depth, members }: Measure): void {
  if (depth > MAX_DEPTH) {
    throw new MalformedResponse("A message is nested too deep.");
  }
  if (members !== countMembers(value)) {
    throw new MalformedResponse("A message has an object with the same key twice.");
  }
  const found = findLookAlike(value, SERVER_MESSAGE, "message");
  if (found !== null) {
    throw new MalformedResponse(`${found.path} is another member to some clients.`);
  }
}
