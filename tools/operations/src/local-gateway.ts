import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isLoopback } from "@sark/observability/settings";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a gateway on this machine keeps its files, by the variable that tells itself. */
export function dataDirectory(environment: Environment): string {
  return environment["SARK_DATA_DIRECTORY"] || ".sark";
}

/** Where it is administered, by the variables that tell itself where to listen. */
export function localGatewayUrl(environment: Environment): string {
  const section = environment["SARK_ADMIN_PORT"] ? "ADMIN" : "HTTP";
  const host = environment[`SARK_${section}_HOST`] || "127.0.0.1";
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  const written = reachable.includes(":") ? `[${reachable}]` : reachable;
  return `http://${written}:${environment[`SARK_${section}_PORT`] || "8000"}`;
}

/** Whether a URL is that of a gateway on this machine, as far as can be told. */
export function isLocalGateway(url: string, environment: Environment): boolean {
  const { hostname, origin } = new URL(url);
  return isLoopback(hostname) || origin === new URL(localGatewayUrl(environment)).origin;
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
