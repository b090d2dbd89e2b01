import { readFileSync } from "node:fs";
import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a gateway on this machine keeps its files, by the variable that tells itself. */
export function dataDirectory(environment: Environment): string {
  return environment["SARK_DATA_DIRECTORY"] || ".sark";
}

/** Where a service on this machine is reached that listens at this host, by default on loopback. */
export function localUrl(host: string | undefined, port: string): string {
  const reachable = !host || host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

/** File of the key that it made on its first start. */
export function localAdminKeyFile(environment: Environment): string {
  return join(dataDirectory(environment), "admin.key");
}

/** Where it looks for the digests of API keys. */
export function localApiKeysFile(environment: Environment): string {
  return (
    environment["SARK_AUTHENTICATION_API_KEYS_FILE"] || join(dataDirectory(environment), "api-keys.json")
  );
}

/** Its embedded database, while it runs; `null` when there is none. */
export function localDatabaseUrl(environment: Environment): string | null {
  try {
    return readFileSync(join(dataDirectory(environment), "database.url"), "utf8").trim();
  } catch {
    return null;
  }
}
