/** Names of the servers, as in `/mcp/{name}`. */
export const SERVERS = ["loose", "piped", "shared.v2"] as const;
