import { hash } from "node:crypto";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * What a sender calls an event, as 128 bits: a UUID in lower case is itself, any other text the beginning of its SHA-256. Letter for
 * letter: `A` and `a` are two events.
 */
export function eventKey(id: string): string {
  if (UUID.test(id)) {
    return id;
  }
  const digest = hash("sha256", id, "hex");
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-${digest.slice(12, 16)}-${digest.slice(16, 20)}-${digest.slice(20, 32)}`;
}
