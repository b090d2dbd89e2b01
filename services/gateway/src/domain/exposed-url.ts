const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Whether others on the way can read what is sent to this URL, and change what comes from it. */
export function isExposedUrl({ protocol, hostname }: URL): boolean {
  return protocol === "http:" && !LOOPBACK.has(hostname);
}
