import { openTlsFiles } from "@sark/audit/delivery";
import type { FileNotice } from "@sark/observability/files";
import { UpstreamConfigError } from "./secret-references.ts";

/** The authorities of a PEM file, those of now. Throws `UpstreamConfigError`; `where` names the setting. */
export function followAuthority(caFile: string, where: string, notice: FileNotice): () => string | undefined {
  try {
    const files = openTlsFiles({ caFile, verify: true }, notice);
    return () => files.current().ca;
  } catch (error) {
    throw new UpstreamConfigError(`${where}: ${(error as Error).message}`, { cause: error });
  }
}
