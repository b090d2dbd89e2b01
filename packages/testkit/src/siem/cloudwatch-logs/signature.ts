import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { ReceiverRequest } from "../receiver/start-receiver.ts";

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=(?<key>[^/]+)\/(?<scope>(?<day>\d{8})\/(?<region>[^/]+)\/(?<service>[^/]+)\/aws4_request), ?SignedHeaders=(?<signed>[^,]+), ?Signature=(?<signature>[0-9a-f]{64})$/;

/** The AWS error for a request's Signature Version 4, or `null` when the signature is right. */
export function signatureFault(
  { method, url, headers, sent }: ReceiverRequest,
  { accessKeyId, secretAccessKey, region }: AwsCredentials,
): string | null {
  const { authorization } = headers;
  if (authorization === undefined) {
    return "MissingAuthenticationTokenException";
  }
  const parts = AUTHORIZATION.exec(authorization)?.groups;
  if (parts === undefined) {
    return "IncompleteSignatureException";
  }
  const { key, scope = "", day = "", signed = "", signature = "" } = parts;
  if (key !== accessKeyId) {
    return "UnrecognizedClientException";
  }
  if (parts["region"] !== region || parts["service"] !== "logs") {
    return "InvalidSignatureException";
  }
  const date = String(headers["x-amz-date"] ?? "");
  const canonical = [
    method,
    url.pathname,
    [...url.searchParams].map(([name, value]) => `${name}=${value}`).join("&"),
    ...signed.split(";").map((name) => `${name}:${String(headers[name] ?? "").trim()}`),
    "",
    signed,
    sha256(sent),
  ].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", date, scope, sha256(canonical)].join("\n");
  const signingKey = [day, region, "logs", "aws4_request"].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${secretAccessKey}`,
  );
  const expected = hmac(signingKey, toSign);
  return timingSafeEqual(expected, Buffer.from(signature, "hex")) ? null : "InvalidSignatureException";
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac("sha256", key).update(data).digest();
}
