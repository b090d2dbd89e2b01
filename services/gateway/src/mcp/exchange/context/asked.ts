import type { Presence } from "../../../domain/service.ts";
import type { Upstream } from "../../../domain/upstream.ts";
import type { Classification } from "../../../mcp-protocol/classify.ts";
import type { McpHttpRequest } from "../../contract/http-message.ts";
import type { PostBody } from "../../request/read-body.ts";

/** A request whose transport was found to be right. */
export interface Asked {
  readonly request: McpHttpRequest;
  readonly upstream: Upstream;
  readonly presence: Presence;
  readonly classification: Classification;
  /** `null` for GET and DELETE. */
  readonly body: PostBody | null;
}
