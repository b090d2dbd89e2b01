import type { IncomingMessage } from "node:http";
import type { Duplex, Readable } from "node:stream";
import type { z } from "zod";

/** What an endpoint responds with: its kind of body, and for JSON its schema, which tests hold it to. */
export type Output =
  | JsonOutput<z.ZodType>
  | TextOutput
  | BytesOutput
  | StreamOutput
  | UpgradeOutput
  | EmptyOutput;

/** By HTTP status; errors are listed by their codes instead. */
export type Outputs = Readonly<Record<number, Output>>;

interface Described {
  /** One sentence for the documentation. */
  readonly description: string;
}

export interface JsonOutput<S extends z.ZodType> extends Described {
  readonly kind: "json";
  readonly schema: S;
}

/** Text, or the bytes of another of its media types. */
export interface TextOutput extends Described {
  readonly kind: "text";
  /** Media types that it may have; the first one unless the handler sends another `content-type`. */
  readonly types: readonly [string, ...string[]];
}

export interface BytesOutput extends Described {
  readonly kind: "bytes";
}

/** Sent as fast as the client takes it; the handler says its `content-type`. */
export interface StreamOutput extends Described {
  readonly kind: "stream";
  readonly types: readonly [string, ...string[]];
}

/** The connection leaves HTTP for another protocol; the "body" takes it over. Declared for 101 alone. */
export interface UpgradeOutput extends Described {
  readonly kind: "upgrade";
}

/** A connection that leaves HTTP, with the request that asked for it. */
export interface TakenConnection {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What came after the request in the same piece. */
  readonly head: Buffer;
}

export interface EmptyOutput extends Described {
  readonly kind: "empty";
}

export function json<S extends z.ZodType>(schema: S, description: string): JsonOutput<S> {
  return { kind: "json", schema, description };
}

export function text(types: TextOutput["types"], description: string): TextOutput {
  return { kind: "text", types, description };
}

export function bytes(description: string): BytesOutput {
  return { kind: "bytes", description };
}

export function stream(types: StreamOutput["types"], description: string): StreamOutput {
  return { kind: "stream", types, description };
}

export function upgrade(description: string): UpgradeOutput {
  return { kind: "upgrade", description };
}

export function empty(description: string): EmptyOutput {
  return { kind: "empty", description };
}

export type BodyOf<O extends Output> =
  O extends JsonOutput<infer S>
    ? Immutable<z.input<S>>
    : O extends TextOutput
      ? string | Buffer
      : O extends BytesOutput
        ? Buffer
        : O extends StreamOutput
          ? Readable
          : O extends UpgradeOutput
            ? (connection: TakenConnection) => void
            : undefined;

/** Handlers give away what they do not change. */
type Immutable<T> = T extends (...values: never[]) => unknown
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Immutable<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Immutable<T[Key]> }
      : T;
