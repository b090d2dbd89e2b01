import { LRUCache } from "lru-cache";
import {
  type CertificateProblem,
  type ClientCertificate,
  AuthenticationError,
  type AuthenticationErrorCode,
} from "@sark/authentication";
import type { Authenticated } from "../../domain/principal.ts";
import { findRule, type CertificateRule } from "./find-rule.ts";
import type { AuthorityRules } from "./config.ts";
import { readCertificate, type CertificateNames } from "./read-certificate.ts";

/** Callers by the certificates of their connections. */
export interface CertificateCallers {
  /** Whose certificate this is; throws `AuthenticationError`. The same certificate gives the same object. */
  authenticate(certificate: ClientCertificate): Authenticated;
}

const MAX_REMEMBERED = 10_000;

export function createCertificateCallers(authorities: readonly AuthorityRules[]): CertificateCallers {
  const rules = new Map(authorities.map((authority) => [authority.name, authority]));
  const remembered = new LRUCache<string, Authenticated>({ max: MAX_REMEMBERED });

  function find(certificate: ClientCertificate): Authenticated {
    const authority = certificate.authority === null ? undefined : rules.get(certificate.authority);
    if (authority === undefined) {
      throw unknown("no single authority has issued it by itself");
    }
    const rule = findRule(authority, namesOf(certificate));
    if (typeof rule === "string") {
      throw unknown(rule);
    }
    return toAuthenticated(rule, authority.name, certificate);
  }

  return {
    authenticate(certificate) {
      checkCertificate(certificate);
      const key = `${certificate.authority ?? ""} ${certificate.thumbprint}`;
      let authenticated = remembered.get(key);
      if (authenticated === undefined) {
        remembered.set(key, (authenticated = find(certificate)));
      }
      return authenticated;
    },
  };
}

const REFUSALS: Readonly<Record<CertificateProblem, readonly [AuthenticationErrorCode, string]>> = {
  untrusted: [
    "untrusted_certificate",
    "The client certificate is not issued by a CA that counts here, or not for clients.",
  ],
  expired: ["expired_certificate", "The client certificate has expired, or is not valid yet."],
  revoked: ["revoked_certificate", "The client certificate is revoked."],
  revocation_unknown: [
    "revocation_unknown",
    "It cannot be told now whether the client certificate is revoked. Try again shortly.",
  ],
  outdated: [
    "outdated_connection",
    "The CAs or revocation lists have changed since this connection was opened. Connect again.",
  ],
};

/** Throws `AuthenticationError` for a certificate that is not good, whatever else its client shows. */
export function checkCertificate({ problem }: ClientCertificate): void {
  if (problem !== null) {
    throw new AuthenticationError(...REFUSALS[problem]);
  }
}

function namesOf({ der }: ClientCertificate): CertificateNames {
  try {
    return readCertificate(der);
  } catch (cause) {
    throw unknown("what it says can be read in more than one way", { cause });
  }
}

function toAuthenticated(
  rule: CertificateRule,
  authority: string,
  { thumbprint }: ClientCertificate,
): Authenticated {
  const sha256 = Buffer.from(thumbprint, "base64url").toString("hex");
  return Object.freeze({
    credential: `certificate:${authority} sha256=${sha256}`,
    principal: Object.freeze({
      id: rule.principal,
      type: rule.type,
      actor: null,
      tenant: rule.tenant ?? null,
      roles: Object.freeze([...rule.roles]),
      attributes: { ...rule.attributes },
      method: "certificate",
    }),
  });
}

function unknown(problem: string, options?: ErrorOptions): AuthenticationError {
  return new AuthenticationError(
    "unknown_certificate",
    `The client certificate names no caller: ${problem}.`,
    options,
  );
}
