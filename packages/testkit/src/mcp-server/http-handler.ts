import { createMcpHandler, isLegacyRequest } from "@modelcontextprotocol/server";
import {
  localhostHostValidation,
  localhostOriginValidation,
  toNodeHandler,
} from "@modelcontextprotocol/node";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import { buildServer } from "./build-server.ts";
import { refuseByMeta } from "./era-by-meta.ts";
import { createLegacySessions, type LegacySessions } from "./legacy-sessions.ts";
import type { Exchange, SeenRequest } from "./recorder.ts";
import type { World } from "./world.ts";

export interface HttpHandler {
  listener(req: IncomingMessage, res: ServerResponse): void;
  readonly sessions: LegacySessions;
  close(): Promise<void>;
}

/** Serves both eras at every path, and writes down what it sees. */
export function createHttpHandler(world: World, options: { readonly eraByMeta: boolean }): HttpHandler {
  const { recorder } = world;
  const sessions = createLegacySessions(world);
  const modern = createMcpHandler(() => buildServer(world, { era: "modern", lasting: false }), {
    legacy: "reject",
  });
  const announce = {
    tools: () => modern.notify.toolsChanged(),
    prompts: () => modern.notify.promptsChanged(),
    resource: (uri: string) => modern.notify.resourceUpdated(uri),
  };
  world.changes.on("tools", announce.tools).on("prompts", announce.prompts).on("resource", announce.resource);

  const route = async (request: Request): Promise<Response> => {
    const seen = recorder.current()?.seen;
    const body = request.method === "POST" ? parse(await request.clone().text()) : null;
    const refused =
      options.eraByMeta && request.method === "POST" ? refuseByMeta(request.headers, body) : null;
    if (refused !== null) {
      const id = (body as { id?: unknown }).id ?? null;
      return Response.json({ jsonrpc: "2.0", id, error: refused.error }, { status: refused.status });
    }
    const legacy = await isLegacyRequest(request);
    if (seen) {
      seen.era = legacy ? "legacy" : "modern";
      recorder.read(seen, body);
    }
    return legacy ? sessions.handle(request, body) : modern.fetch(request);
  };
  const serve = toNodeHandler({ fetch: route });
  const hostIsLocal = localhostHostValidation();
  const originIsLocal = localhostOriginValidation();

  return {
    sessions,
    listener(req, res) {
      const seen = recorder.open({
        transport: "http",
        httpMethod: req.method ?? "",
        url: req.url ?? "",
        headers: joined(req.headers),
      });
      res.once("close", () => settle(seen, res));
      if (!hostIsLocal(req, res) || !originIsLocal(req, res)) {
        return;
      }
      const exchange: Exchange = { seen, disconnect: (begun) => disconnect(res, begun) };
      // It responds with 500 by itself when something throws.
      recorder.run(exchange, () => void serve(asReceived(req), res));
    },
    async close() {
      world.changes
        .off("tools", announce.tools)
        .off("prompts", announce.prompts)
        .off("resource", announce.resource);
      await Promise.all([sessions.forget(), modern.close()]);
    },
  };
}

function settle(seen: SeenRequest, res: ServerResponse): void {
  seen.status = res.headersSent ? res.statusCode : null;
  seen.finished = res.writableFinished;
  seen.aborted = !res.writableFinished;
}

/** Drops the connection, but lets go out what the handler has sent before. */
async function disconnect(res: ServerResponse, begun: boolean): Promise<void> {
  if (begun) {
    await headSent(res);
  }
  // What was sent passes through web streams first: one turn brings it to the response.
  await nextTurn();
  while (res.writableLength > 0 && !res.destroyed) {
    await nextTurn();
  }
  res.destroy();
}

async function headSent(res: ServerResponse): Promise<void> {
  while (!res.headersSent && !res.destroyed) {
    await nextTurn();
  }
}

/** A request that a server received has a method; its general type says that it may have none. */
function asReceived(req: IncomingMessage): IncomingMessage & { method: string; url: string } {
  return Object.assign(req, { method: req.method ?? "", url: req.url ?? "" });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function joined(headers: IncomingMessage["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
}
