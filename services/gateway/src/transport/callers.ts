import type { FastifyRequest } from "fastify";
import type { ClientCertificate } from "@sark/authentication";
import type { Caller } from "../domain/governance.ts";
import type { Authenticated, Principal } from "../domain/principal.ts";
import type { ProtectedResources } from "../domain/protected-resources.ts";
import { sourceOf } from "../domain/source.ts";
import type { CallerSource, SentCredentials } from "@sark/http-service";
import { toCaller } from "./caller.ts";
import { resourceName } from "./resource-name.ts";

/** What a request asks for: its URL as it was sent, and the URI of the resource. */
interface Target {
  readonly url: string;
  readonly resource: string | null;
  readonly certificate: ClientCertificate | null;
}

/** Callers of the gateway, by their credentials or by the certificates of their connections. */
export function createCallers(deps: {
  readonly authenticator: {
    authenticate(headers: SentCredentials, target: Target): Promise<Authenticated>;
    isFamiliar(headers: SentCredentials, certificate: ClientCertificate | null): boolean;
  };
  /** What the client of the connection has shown. */
  clientCertificate(request: FastifyRequest["raw"]): ClientCertificate | null;
  readonly resources: Pick<ProtectedResources, "uri">;
}): CallerSource<Caller> {
  const { authenticator, resources, clientCertificate } = deps;
  return {
    async authenticate(headers, request, clientAddress, sinceMs) {
      const target = {
        url: request.url,
        resource: resources.uri(resourceName(request)),
        certificate: clientCertificate(request.raw),
      };
      const authenticated = await authenticator.authenticate(headers, target);
      const time = { startedAt: sinceMs, endedAt: performance.now() };
      return toCaller(request, clientAddress, authenticated, time);
    },
    isFamiliar: (headers, request) => authenticator.isFamiliar(headers, clientCertificate(request.raw)),
    sourceOf: ({ principal }) => sourceOf(principal),
    namesOf: ({ principal }) => namesOf(principal),
  };
}

function namesOf({ id, tenant }: Principal): { readonly user: string; readonly tenant?: string } {
  return { user: id, ...(tenant === null ? {} : { tenant }) };
}
