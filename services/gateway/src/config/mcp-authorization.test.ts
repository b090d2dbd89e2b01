import { describe, expect, it } from "vitest";
import { configSchema } from "./schema.ts";

function problems(config: unknown): string[] {
  const { error } = configSchema.safeParse(config);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const required = (...rules: readonly unknown[]) => ({ authentication: { scopes: { required: rules } } });
const long = (letter: string) => Array.from({ length: 7 }, (_, at) => `${at}`.padEnd(190, letter));

describe("the public URL [GTW-1]", () => {
  it.each([
    "https://gw.example.com",
    "https://gw.example.com:8443",
    "https://example.com/sark/a_b~c",
    "http://127.0.0.1:8000",
  ])("may be %s", (publicUrl) => {
    expect(problems({ http: { publicUrl } })).toEqual([]);
  });

  it.each([
    ["https://GW.example.com", "https://gw.example.com"],
    ["https://gw.example.com/", "https://gw.example.com"],
    ["https://gw.example.com:443", "https://gw.example.com"],
    ["https://gw.example.com/sark/", "https://gw.example.com/sark"],
    ["https://gw.example.com/a/../sark", "https://gw.example.com/sark"],
    ["https://u:p@gw.example.com", "https://gw.example.com"],
    ["https://gw.example.com?x", "https://gw.example.com"],
    ["https://gw.example.com#", "https://gw.example.com"],
  ])("is refused where it is not as clients write it: %s", (publicUrl, normal) => {
    expect(problems({ http: { publicUrl } })).toEqual([`http.publicUrl: must be written as ${normal}`]);
  });

  it.each([
    ["http://gw.example.com", "https"],
    ["ftp://gw.example.com", "https"],
    ["gw.example.com", "https"],
    ["https://gw.example.com/a%22b", "no other signs"],
    ["https://gw.example.com/a//b", "no other signs"],
    ['https://gw.example.com/a"b', "no other signs"],
    ["https://gw.example.com/ä", "no other signs"],
  ])("is refused where it is not safe to name: %s", (publicUrl, message) => {
    expect(problems({ http: { publicUrl } }).join()).toContain(message);
  });

  it("stands in for the audiences of an issuer, which are needed without it", () => {
    const authentication = { jwt: [{ issuer: "i", jwksUrl: "https://i.example/jwks" }] };
    expect(problems({ authentication })).toEqual([
      expect.stringMatching(/^authentication\.jwt\.0\.audiences: is needed: .*`http\.publicUrl`/),
    ]);
    expect(problems({ authentication, http: { publicUrl: "https://gw.example.com" } })).toEqual([]);
  });

  it("makes no token for one endpoint good at all", () => {
    const issuer = { issuer: "i", jwksUrl: "https://i.example/jwks" };
    const audiences = ["sark", "https://gw.example.com/mcp/files"];
    expect(
      problems({
        authentication: { jwt: [{ ...issuer, audiences }] },
        http: { publicUrl: "https://gw.example.com" },
      }),
    ).toEqual([expect.stringMatching(/^authentication\.jwt\.0\.audiences\.1: is that of one endpoint/)]);
  });
});

describe("the scopes that tokens need [GTW-1]", () => {
  it.each([
    [required({ tools: ["a"], scopes: ["s"] }), "tools: needs `server`"],
    [
      required({ server: "a", tools: ["a"], methods: ["tools/call"], scopes: ["s"] }),
      "methods: either `tools`",
    ],
    [required({ server: "A b", scopes: ["s"] }), "is not the name of a server"],
    [required({ scopes: [] }), "required.0.scopes"],
    [required({ scopes: ["a b"] }), "is not a scope"],
    [required({ scopes: ["a", "offline_access"] }), "must not have offline_access"],
    [required({ scopes: ['a"'] }), "is not a scope"],
    [required({ scopes: ["a\r\nb"] }), "is not a scope"],
    [{ authentication: { scopes: { implied: { "a b": ["c"] } } } }, "implied"],
    [required({ scopes: long("x") }, { server: "a", scopes: long("y") }), "of a are longer than 2048"],
  ])("are refused where they could not be asked for: %j", (config, message) => {
    expect(problems(config).join()).toContain(message);
  });

  it("are of servers that there are: a mistyped name would ask for none", () => {
    const upstreams = [{ name: "files", transport: "stdio", command: "x", enabled: false }];
    const rules = [{ server: "flies", scopes: ["s"] }, { server: "files", scopes: ["s"] }, { scopes: ["t"] }];
    expect(problems({ ...required(...rules), upstreams })).toEqual([
      "authentication.scopes.required.0.server: is the name of none of `upstreams`",
    ]);
    expect(problems(required(...rules))).toEqual([]);
  });

  it("are bounded for each server, and not over all of them", () => {
    expect(
      problems(required({ server: "a", scopes: long("x") }, { server: "b", scopes: long("y") })),
    ).toEqual([]);
  });
});
