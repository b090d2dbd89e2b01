import { createSeal } from "@sark/shared-state";

/** Whose secret it is: what was sealed for one webhook opens for no other. */
export interface SecretOwner {
  readonly tenant: string;
  readonly webhook: string;
}

/** Keeps secrets of webhooks from those who read the database. What is stored has the form `NAME.SEALED`. */
export interface SecretSeal {
  /** Of the key that secrets are sealed with. */
  readonly keyName: string;
  /** Of all keys that there are to open with. */
  readonly keyNames: readonly string[];
  close(owner: SecretOwner, secret: Buffer): string;
  /** `null` where none of the keys opens it for this webhook: it was sealed with another one, or changed. */
  open(owner: SecretOwner, stored: string): Buffer | null;
}

const PURPOSE = "webhooks";

/** @param keys of 32 bytes: the first one seals, the others open what they have sealed before. */
export function createSecretSeal(keys: readonly [Buffer, ...Buffer[]]): SecretSeal {
  const [current, ...further] = keys;
  const sealing = createSeal(current, PURPOSE);
  const seals = new Map(
    [sealing, ...further.map((key) => createSeal(key, PURPOSE))].map((seal) => [seal.name, seal]),
  );
  return {
    keyName: sealing.name,
    keyNames: [...seals.keys()],
    close: (owner, secret) => `${sealing.name}.${sealing.close(boundTo(owner), secret.toString("base64"))}`,
    open(owner, stored) {
      const { name, sealed } = parse(stored);
      const text = seals.get(name)?.open(boundTo(owner), sealed) ?? null;
      return text === null ? null : Buffer.from(text, "base64");
    },
  };
}

function parse(stored: string): { readonly name: string; readonly sealed: string } {
  const dot = stored.indexOf(".");
  return { name: stored.slice(0, dot), sealed: stored.slice(dot + 1) };
}

function boundTo({ tenant, webhook }: SecretOwner): string {
  return JSON.stringify([tenant, webhook]);
}
