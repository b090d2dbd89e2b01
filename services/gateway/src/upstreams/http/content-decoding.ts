import { Readable, type Transform } from "node:stream";
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from "node:zlib";
import { UpstreamError, type UpstreamResponse } from "../../domain/upstream.ts";

/**
 * Some servers compress although `identity` was asked for. The layers above read JSON and event
 * streams, so the coding is taken off here, as a stream. An unknown coding is `upstream_garbage`.
 */
export function withoutContentCoding(name: string, response: UpstreamResponse): UpstreamResponse {
  const coding = response.headers["content-encoding"]?.trim().toLowerCase();
  if (coding === undefined || coding === "" || coding === "identity") {
    return response;
  }
  const decoder = DECODERS.get(coding);
  if (decoder === undefined) {
    response.body.destroy();
    throw new UpstreamError(
      "upstream_garbage",
      `upstream "${name}" responded with an unknown content-encoding`,
    );
  }
  const { "content-encoding": _coding, "content-length": _length, ...headers } = response.headers;
  return { status: response.status, headers, body: decode(name, response.body, decoder) };
}

/** Makes the decoder for a body that begins with this byte. */
type DecoderFor = (first: number) => Transform;

// Flushing after each chunk keeps an event stream alive instead of waiting for a full block.
const ZLIB = { flush: constants.Z_SYNC_FLUSH };
const gunzip: DecoderFor = () => createGunzip(ZLIB);
const DECODERS: ReadonlyMap<string, DecoderFor> = new Map<string, DecoderFor>([
  ["gzip", gunzip],
  ["x-gzip", gunzip],
  // RFC 9110 §8.4.1.2 means zlib's format (RFC 1950), but some servers send the bare one (RFC 1951), and clients take
  // both. The low half of zlib's first byte is its method, 8; no encoder begins a bare block like that.
  ["deflate", (first) => (first % 16 === 8 ? createInflate(ZLIB) : createInflateRaw(ZLIB))],
  ["br", () => createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH })],
  ["zstd", () => createZstdDecompress({ flush: constants.ZSTD_e_flush })],
]);

/** Like `body.pipe(decoder)`, with faults and cancellation carried across in both directions. */
function decode(name: string, body: Readable, decoderFor: DecoderFor): Readable {
  let decoder: Transform | null = null;
  let wanted = false;
  const decoded = new Readable({
    read: () => {
      wanted = true;
      decoder?.resume();
    },
    destroy: (error, callback) => {
      decoder?.destroy();
      body.destroy();
      callback(error);
    },
  });
  // A reader sees the fault; without one it must not bring the process down.
  decoded.on("error", () => {});
  body.on("error", (error) => decoded.destroy(error));
  body.once("readable", () => {
    const start = body.read() as Buffer | null;
    if (start === null) {
      return;
    }
    body.unshift(start);
    decoder = decoderFor(start[0] ?? 0);
    connect(decoder);
  });
  // Nothing at all is encoded by nothing at all.
  body.once("end", () => decoder === null && decoded.push(null));
  return decoded;

  function connect(to: Transform): void {
    to.on("data", (chunk: Buffer) => {
      if (!decoded.push(chunk)) {
        wanted = false;
        to.pause();
      }
    });
    if (!wanted) {
      to.pause();
    }
    to.on("end", () => decoded.push(null));
    to.on("error", (cause) => {
      const message = `upstream "${name}" sent a body that cannot be decoded`;
      decoded.destroy(new UpstreamError("upstream_garbage", message, { cause }));
    });
    body.pipe(to);
  }
}
