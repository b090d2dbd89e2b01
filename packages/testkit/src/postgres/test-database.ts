import { randomBytes } from "node:crypto";
import pg from "pg";
import { queryDatabase, releaseDatabase } from "./query-database.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The server of this test run, from `global-setup.ts`. */
    postgresUrl: string;
  }
}

/**
 * A database of its own for one test file, on the server at `url`; `drop` breaks what is still connected.
 * `template`, a name or a connection string, is copied; no client may be connected to it at that moment.
 */
export async function createTestDatabase(
  url: string,
  options: { readonly template?: string } = {},
): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `t_${randomBytes(6).toString("hex")}`;
  const template = options.template?.replace(/^.*\//, "");
  if (options.template?.includes("/") === true) {
    await releaseDatabase(options.template);
  }
  await queryDatabase(
    url,
    `CREATE DATABASE ${name}${template === undefined ? "" : ` TEMPLATE ${pg.escapeIdentifier(template)}`} STRATEGY FILE_COPY`,
  );
  const made = url.replace(/\/[^/]*$/, `/${name}`);
  return {
    url: made,
    async drop() {
      await releaseDatabase(made);
      await queryDatabase(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}
