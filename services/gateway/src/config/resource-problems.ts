/** The sections that say together which tokens are good for what. */
interface Sections {
  readonly http: { readonly publicUrl?: string | undefined };
  readonly authentication: {
    readonly jwt: readonly { readonly audiences?: readonly string[] | undefined }[];
    readonly scopes: { readonly required: readonly { readonly server?: string | undefined }[] };
  };
  readonly upstreams?: readonly { readonly name: string }[] | undefined;
}

interface ResourceProblem {
  readonly path: PropertyKey[];
  readonly message: string;
}

/** What would make tokens good for more, or for less, than was meant. */
export function resourceProblems({ http, authentication, upstreams }: Sections): ResourceProblem[] {
  const { publicUrl } = http;
  const ofIssuers = authentication.jwt.flatMap(({ audiences }, at) => {
    const path = ["authentication", "jwt", at, "audiences"];
    if (audiences === undefined) {
      return publicUrl === undefined ? [{ path, message: NO_AUDIENCE }] : [];
    }
    return audiences.flatMap((audience, place) =>
      publicUrl !== undefined && audience.startsWith(`${publicUrl}/mcp/`)
        ? [{ path: [...path, place], message: ONE_ENDPOINT }]
        : [],
    );
  });
  const names = upstreams?.map(({ name }) => name);
  const ofRules = authentication.scopes.required.flatMap(({ server }, at) =>
    server === undefined || names === undefined || names.includes(server)
      ? []
      : [{ path: ["authentication", "scopes", "required", at, "server"], message: UNKNOWN_SERVER }],
  );
  return [...ofIssuers, ...ofRules];
}

const NO_AUDIENCE = "is needed: whom tokens are for; or set `http.publicUrl`, and they are for its resources";
const ONE_ENDPOINT =
  "is that of one endpoint, and would be good at all: leave it out, there it is accepted anyway";
/** Otherwise a mistyped name would ask for no scopes, and nothing would tell. */
const UNKNOWN_SERVER = "is the name of none of `upstreams`";
