import type { IncomingMessage } from "node:http";
import type { TakenConnection } from "@sark/http-api";
import { takeConnection } from "@sark/http-service";
import type { FastifyReply, FastifyRequest } from "fastify";
import { HttpError } from "../../errors/http-errors.ts";
import { checkHandshake, HandshakeRefused, protocolsOf } from "../../live/handshake.ts";

export const LIVE_PATH = "/v1/live";
const TICKET_PREFIX = "ticket.";

/** Tickets that a request shows: browsers can offer protocols, and no header of their own. */
export function ticketsIn({ url = "", headers }: IncomingMessage): readonly string[] {
  if (url.split("?", 1)[0] !== LIVE_PATH) {
    return [];
  }
  return protocolsOf(headers["sec-websocket-protocol"])
    .filter((protocol) => protocol.startsWith(TICKET_PREFIX))
    .map((protocol) => protocol.slice(TICKET_PREFIX.length));
}

/** Takes the connection of a handshake that is in order; what is not gets a response in HTTP. */
export function takeWebSocket(request: FastifyRequest, reply: FastifyReply): TakenConnection {
  const { raw } = request;
  try {
    checkHandshake(raw);
  } catch (error) {
    throw error instanceof HandshakeRefused ? toHttpError(error) : error;
  }
  const connection = takeConnection(raw, reply.raw);
  if (connection === null) {
    throw upgradeRequired("Ask for the upgrade with 'Connection: Upgrade'.");
  }
  reply.hijack();
  return { request: raw, ...connection };
}

function toHttpError({ kind, message }: HandshakeRefused): HttpError {
  return kind === "upgrade_required" ? upgradeRequired(message) : new HttpError("invalid_request", message);
}

function upgradeRequired(message: string): HttpError {
  return new HttpError("upgrade_required", message, {
    headers: { upgrade: "websocket", connection: "Upgrade", "sec-websocket-version": "13" },
  });
}
