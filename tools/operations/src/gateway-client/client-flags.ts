/** Flags of every command that asks a gateway. */
export interface ClientFlags {
  readonly url?: string;
  readonly keyFile?: string;
  readonly profile?: string;
}

export const clientFlags = {
  url: {
    kind: "parsed",
    parse: (value: string) => value,
    optional: true,
    placeholder: "URL",
    brief:
      "The gateway; default GATEWAY_URL, or the one on this machine (SARK_ADMIN_HOST, SARK_ADMIN_PORT, else SARK_HTTP_HOST, SARK_HTTP_PORT)",
  },
  keyFile: {
    kind: "parsed",
    parse: (value: string) => value,
    optional: true,
    placeholder: "FILE",
    brief:
      "File of an API key; default GATEWAY_API_KEY, or, for a gateway on this machine, admin.key in SARK_DATA_DIRECTORY or .sark",
  },
  profile: {
    kind: "parsed",
    parse: (value: string) => value,
    optional: true,
    placeholder: "NAME",
    brief:
      "The gateway and key of this name in SARK_PROFILES, or ~/.config/sark/profiles.json; default SARK_PROFILE",
  },
} as const;

/** The same as they are written: they may stand before the command. */
export const CLIENT_OPTIONS: readonly string[] = ["url", "key-file", "profile"] satisfies readonly Kebab<
  keyof typeof clientFlags
>[];

type Kebab<S extends string> = S extends `${infer First}${infer Rest}`
  ? First extends Lowercase<First>
    ? `${First}${Kebab<Rest>}`
    : `-${Lowercase<First>}${Kebab<Rest>}`
  : S;
