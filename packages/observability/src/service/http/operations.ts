import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Health } from "../../health/create-health.ts";
import type { Catalog } from "../../metrics/catalog.ts";
import type { Recorder } from "../../metrics/recorder-types.ts";

/**
 * Serves what those who run the service look at: `/metrics`, `/livez` and `/health`, `/readyz` and `/health/ready`,
 * `/health/detailed`. It tells all that there is: give it a port that callers of the service do not reach.
 */
export function createOperations(
  recorder: Pick<Recorder<Catalog>, "expose">,
  health: Health,
): RequestListener {
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      return sendJson(response, 405, { error: "use GET" });
    }
    const path = (request.url ?? "/").replace(/\?.*$/s, "");
    switch (path) {
      case "/metrics": {
        const { contentType, body } = await recorder.expose(request.headers.accept);
        response.writeHead(200, { "content-type": contentType }).end(body);
        return;
      }
      case "/livez":
      case "/health":
        return sendJson(response, 200, health.live());
      case "/readyz":
      case "/health/ready": {
        const { status, body } = await health.ready();
        return sendJson(response, status, body);
      }
      case "/health/detailed": {
        const { status, body } = await health.detailed();
        return sendJson(response, status, body);
      }
      default:
        sendJson(response, 404, { error: "not found" });
    }
  }
  return (request, response) => {
    // No body is read here: what comes is let pass.
    request.resume();
    serve(request, response).catch(() => response.destroy());
  };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { "content-type": "application/json", "cache-control": "no-store" })
    .end(JSON.stringify(body));
}
