import type { Part } from "./part.ts";

/** The same MCP server again, under the name `narrow`, with one connection for calls. */
export const narrowServer: Part<undefined> = {
  async start() {
    return {
      value: undefined,
      configure: (options) => ({
        ...options,
        upstreams: [
          ...options.upstreams,
          { ...options.upstreams[0], name: "narrow", limits: { connections: 1 } },
        ],
      }),
    };
  },
};
