import type { FastifyInstance } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may call this route: its line of the table, or in words what decides outside of the table. */
    access?: unknown;
  }
}

/** From now on a route that does not say who may call it cannot be registered. */
export function refuseOtherRoutes(server: FastifyInstance): void {
  server.addHook("onRoute", ({ method, url, config }) => {
    if (config?.access === undefined) {
      throw new Error(`route ${String(method)} ${url}: nothing says who may call it`);
    }
  });
}
