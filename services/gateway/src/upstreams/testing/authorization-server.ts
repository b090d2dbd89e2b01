import type { ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { serveHttp, type LocalServer } from "./http-servers.ts";

export interface TokenRequest {
  readonly authorization: string | undefined;
  readonly parameters: URLSearchParams;
}

/** A token endpoint that responds as it is told; test code. */
export interface AuthorizationServer extends LocalServer {
  readonly requests: readonly TokenRequest[];
  /** From now on; `null` for tokens `t1`, `t2`, … that are valid for an hour. */
  respond(how: ((response: ServerResponse, request: TokenRequest) => void) | null): void;
}

export async function serveTokens(): Promise<AuthorizationServer> {
  const requests: TokenRequest[] = [];
  let scripted: Parameters<AuthorizationServer["respond"]>[0] = null;
  const server = await serveHttp(async (incoming, response) => {
    const parameters = new URLSearchParams(await text(incoming));
    const request = { authorization: incoming.headers.authorization, parameters };
    requests.push(request);
    if (scripted !== null) {
      scripted(response, request);
    } else {
      const exchanged = parameters.has("subject_token");
      sendJson(response, 200, {
        access_token: `t${requests.length}`,
        token_type: "Bearer",
        expires_in: 3600,
        ...(exchanged ? { issued_token_type: "urn:ietf:params:oauth:token-type:access_token" } : {}),
      });
    }
  });
  return { ...server, requests, respond: (how) => void (scripted = how) };
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
