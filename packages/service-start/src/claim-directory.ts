import { lockFolder } from "@sark/observability/files";

/**
 * Makes this process the only one on a folder, until the returned function is called or the process ends, however that
 * happens: two services on one embedded database would end it under each other. Throws when another process has it.
 */
export function claimDirectory(directory: string, setting: string): () => void {
  const release = lockFolder(directory);
  if (release === null) {
    throw inUse(directory, setting);
  }
  return release;
}

/** Names the setting that gives this process another folder. */
export function inUse(directory: string, setting: string, cause?: unknown): Error {
  return new Error(`Another process uses ${directory}; end it, or set ${setting} to another folder.`, {
    cause,
  });
}
