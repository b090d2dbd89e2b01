import { Readable, type Transform } from "node:stream";
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
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
  const decoder = createDecoder(coding);
  if (decoder === undefined) {
    response.body.destroy();
    throw new UpstreamError(
      "upstream_garbage",
      `upstream "${name}" answered with an unknown content-encoding`,
    );
  }
  const { "content-encoding": _coding, "content-length": _length, ...headers } = response.headers;
  return { status: response.status, headers, body: decode(name, response.body, decoder) };
}

function createDecoder(coding: string): Transform | undefined {
  // Flushing after each chunk keeps an event stream alive instead of waiting for a full block.
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return createGunzip({ flush: constants.Z_SYNC_FLUSH });
    case "deflate":
      return createInflate({ flush: constants.Z_SYNC_FLUSH });
    case "br":
      return createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH });
    case "zstd":
      return createZstdDecompress({ flush: constants.ZSTD_e_flush });
    default:
      return undefined;
  }
}

/** Like `body.pipe(decoder)`, with faults and cancellation carried across in both directions. */
function decode(name: string, body: Readable, decoder: Transform): Readable {
  const decoded = new Readable({
    read: () => void decoder.resume(),
    destroy: (error, callback) => {
      decoder.destroy();
      body.destroy();
      callback(error);
    },
  });
  // Whoever reads sees the fault; nobody reading must not bring the process down.
  decoded.on("error", () => {});
  decoder.on("data", (chunk: Buffer) => {
    if (!decoded.push(chunk)) {
      decoder.pause();
    }
  });
  decoder.pause();
  decoder.on("end", () => decoded.push(null));
  decoder.on("error", (cause) => {
    const message = `upstream "${name}" sent a body that cannot be decoded`;
    decoded.destroy(new UpstreamError("upstream_garbage", message, { cause }));
  });
  body.on("error", (error) => decoded.destroy(error));
  body.pipe(decoder);
  return decoded;
}
