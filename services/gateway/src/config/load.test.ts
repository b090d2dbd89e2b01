import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFAULT_CLAIMS } from "@sark/authentication/config";
import { loadConfig } from "./load.ts";

function file(content: unknown): string {
  const path = join(mkdtempSync(join(tmpdir(), "sark-config-")), "sark.json");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const tls = { certFile: "c.pem", keyFile: "k.pem" };
const mesh = { name: "mesh", caFile: "ca.pem" };
const domain = { trustDomain: "a.example" };
const trusting = (trustDomain: string, name = "mesh") => ({ ...mesh, name, trustDomains: [{ trustDomain }] });
const issuer = { issuer: "https://id.example.com/", audiences: ["sark"] };
const published = { ...issuer, publicKeyFile: "issuer.pem" };
const withKey = (apiKey: unknown) => ({ name: "dd", sink: { type: "datadog", apiKey } });
const datadog = withKey("${DD_API_KEY}");

describe("the configuration", () => {
  it("binds to loopback on port 8000 unless told otherwise", () => {
    const config = loadConfig({ environment: {} });
    expect(config.http).toMatchObject({ host: "127.0.0.1", port: 8000 });
    expect(config.tracing.sampleRatio).toBe(0.01);
  });

  it("takes the file, and environment variables over it", () => {
    const path = file({ http: { port: 9000, maxBodySize: "1000B" }, environment: "staging" });
    const config = loadConfig({
      file: path,
      environment: {
        SARK_HTTP_PORT: "9001",
        DATABASE_URL: "postgres://db/x",
        OPA_URL: "http://127.0.0.1:8181",
      },
    });
    expect(config.http).toMatchObject({ port: 9001, maxBodySize: 1000 });
    expect(config.environment).toBe("staging");
    expect(config.database.url).toBe("postgres://db/x");
    expect(config.policy.opaUrl).toBe("http://127.0.0.1:8181");
  });

  it("takes durations, sizes and flags as they are written, in the file and in variables", () => {
    const path = file({ http: { drainTimeout: "1m", maxBodySize: "64KiB" }, audit: { signing: false } });
    const { http, audit, logging, policy } = loadConfig({
      file: path,
      environment: {
        SARK_HTTP_DRAIN_TIMEOUT: "500ms",
        SARK_POLICY_CACHE_TTL: "0s",
        SARK_AUDIT_SIGNING: "true",
      },
    });
    expect(http).toMatchObject({ drainTimeout: 500, maxBodySize: 65_536, headersTimeout: 10_000 });
    expect(policy.cacheTtl).toBe(0);
    expect(audit).toMatchObject({ signing: true, checkpointInterval: 500, maxSpoolSize: 268_435_456 });
    expect(logging.stdout).toBe(true);
  });

  it("takes variables that hold secrets the file asks for, whatever their names", () => {
    const path = file({
      destinations: [{ name: "dd", sink: { type: "datadog", apiKey: "${SARK_DATADOG_KEY}" } }],
      upstreams: [
        { name: "a", transport: "http", url: "http://127.0.0.1/mcp", headers: { "x-key": "${SARK_A_KEY}" } },
      ],
    });
    const environment = { SARK_DATADOG_KEY: "k", SARK_A_KEY: "k" };
    expect(loadConfig({ file: path, environment }).destinations).toMatchObject([{ name: "dd" }]);
    expect(() => loadConfig({ file: path, environment: { ...environment, SARK_B_KEY: "k" } })).toThrow(
      /: SARK_B_KEY\./,
    );
  });

  it("reads tokens' claims by their usual names unless told otherwise", () => {
    const jwt = [{ ...issuer, publicKeyFile: "issuer.pem", claims: { roles: "realm_access.roles" } }];
    const { authentication } = loadConfig({ file: file({ authentication: { jwt } }), environment: {} });
    expect(authentication.jwt[0]?.claims).toEqual({ ...DEFAULT_CLAIMS, roles: "realm_access.roles" });
  });

  it("takes issuers of the same ids where tenants or prefixes tell their callers apart [GTW-1]", () => {
    const jwt = [
      { ...published, tenant: "acme" },
      { ...published, issuer: "b", tenants: ["globex", "initech"] },
      { ...published, issuer: "c", idPrefix: "c:" },
    ];
    const { authentication } = loadConfig({ file: file({ authentication: { jwt } }), environment: {} });
    expect(authentication.jwt).toMatchObject(jwt);
  });

  it("takes header names in any case", () => {
    const upstream = {
      name: "a",
      transport: "http",
      url: "http://h/",
      headers: { "X-Api-Key": "k", Authorization: "a" },
    };
    const { upstreams } = loadConfig({ file: file({ upstreams: [upstream] }), environment: {} });
    expect(upstreams).toMatchObject([{ headers: { "x-api-key": "k", authorization: "a" } }]);
  });

  describe("takes servers as MCP clients have them", () => {
    const stdio = { name: "files", transport: "stdio", command: "npx", args: ["-y", "server", "/data"] };
    const http = { name: "search", transport: "http", url: "https://mcp.example/mcp" };
    it.each<[string, object]>([
      [
        "mcpServers",
        {
          mcpServers: {
            files: { command: "npx", args: ["-y", "server", "/data"] },
            search: { type: "http", url: "https://mcp.example/mcp" },
          },
        },
      ],
      [
        "types of transports by other names",
        {
          mcpServers: {
            files: { type: "stdio", command: "npx", args: ["-y", "server", "/data"], disabled: false },
            search: { type: "streamable-http", url: "https://mcp.example/mcp" },
          },
        },
      ],
      [
        "urls by other names",
        { mcpServers: { files: stdio, search: { httpUrl: "https://mcp.example/mcp" } } },
      ],
      [
        "a map by name",
        {
          upstreams: {
            files: { command: "npx", args: ["-y", "server", "/data"] },
            search: { url: "https://mcp.example/mcp" },
          },
        },
      ],
      ["both sections", { upstreams: [stdio], mcpServers: { search: { url: "https://mcp.example/mcp" } } }],
      [
        "entries without a transport",
        {
          upstreams: [
            { ...stdio, transport: undefined },
            { ...http, transport: undefined },
          ],
        },
      ],
    ])("%s", (_what, content) => {
      const { upstreams } = loadConfig({ file: file(content), environment: {} });
      expect(upstreams).toMatchObject([{ ...stdio, enabled: true }, http]);
    });

    it("with variables as Claude Code, and as Cursor and VS Code write them", () => {
      const content = {
        mcpServers: {
          web: { url: "http://h/", headers: { authorization: "Bearer ${env:SARK_A}", plain: "a$b" } },
          local: { command: "a", env: { KEY: "${SARK_B}", FILE: "${file:/k}", LITERAL: "$${env:SARK_C}" } },
        },
      };
      const environment = { SARK_A: "a", SARK_B: "b" };
      expect(loadConfig({ file: file(content), environment }).upstreams).toMatchObject([
        { headers: { authorization: "Bearer ${SARK_A}", plain: "a$b" } },
        { env: { KEY: "${SARK_B}", FILE: "${file:/k}", LITERAL: "$${env:SARK_C}" } },
      ]);
    });

    it("with those that are switched off", () => {
      const content = { mcpServers: { a: { command: "a", disabled: true } } };
      expect(loadConfig({ file: file(content), environment: {} }).upstreams).toMatchObject([
        { enabled: false },
      ]);
    });

    it.each<[string, object, RegExp]>([
      [
        "a name that no URL can have",
        { mcpServers: { "My Server": { command: "a" } } },
        /mcpServers\.My Server\.name: use up to 64/,
      ],
      [
        "neither command nor url",
        { mcpServers: { a: { args: [] } } },
        /mcpServers\.a\.transport: must be `http`, with `url`, or `stdio`, with `command`/,
      ],
      [
        "a key that is unknown",
        { upstreams: { a: { command: "a", autoApprove: [] } } },
        /upstreams\.a: .*autoApprove/,
      ],
      [
        "the retired transport",
        { mcpServers: { a: { type: "sse", url: "https://h/sse" } } },
        /mcpServers\.a: the retired HTTP\+SSE transport .*mcp-remote/,
      ],
      ["no entries at all", { mcpServers: "a" }, /mcpServers/],
    ])("and names the place of %s", (_what, content, message) => {
      expect(() => loadConfig({ file: file(content), environment: {} })).toThrow(message);
    });
  });

  it("takes the address of its schema, for editors", () => {
    const config = loadConfig({ file: file({ $schema: "./sark.schema.json" }), environment: {} });
    expect(config.http.port).toBe(8000);
  });

  it("is frozen all the way down", () => {
    const config = loadConfig({ environment: {} });
    expect(() => Object.assign(config.http, { port: 1 })).toThrow(TypeError);
  });

  it.each([
    [
      "a tenant of an issuer",
      {
        authentication: { jwt: [{ issuer: "i", audiences: ["a"], jwksUrl: "https://i/", tenant: "acme " }] },
      },
    ],
    [
      "a tenant among those of an issuer",
      {
        authentication: {
          jwt: [{ issuer: "i", audiences: ["a"], jwksUrl: "https://i/", tenants: ["\u0430cme"] }],
        },
      },
    ],
    [
      "a role of an issuer",
      {
        authentication: {
          jwt: [{ issuer: "i", audiences: ["a"], jwksUrl: "https://i/", roles: ["admin\n"] }],
        },
      },
    ],
    ["an agent", { agents: { " bot": { agent_type: "worker" } } }],
    ["the tenant of an agent", { agents: { bot: { agent_type: "worker", tenant: "\uff41cme" } } }],
    [
      "the tenant of a limit",
      { rateLimits: { rules: [{ for: "user", tenant: "ac\u200bme", requests: 1 }] } },
    ],
    ["the user of a limit", { rateLimits: { rules: [{ for: "user", name: "alice ", requests: 1 }] } }],
    ["the tenant of a budget", { quotas: { budgets: [{ for: "tenant", name: "acme\u00a0", daily: "1" }] } }],
    ["the agent of a budget", { quotas: { budgets: [{ for: "agent", name: "b\u043et", daily: "1" }] } }],
  ])("refuses an odd name of %s, and says where it is [GTW-1] [GTW-12]", (_what, content) => {
    expect(() => loadConfig({ file: file(content), environment: {} })).toThrow(
      /(?:tenants?|roles|agents|rules|budgets).*: (?:must not|must be written)/,
    );
  });

  it.each([
    ["an unknown key", { htpp: {} }, {}, /htpp/],
    ["an unknown key further down", { http: { prot: 1 } }, {}, /http.*prot/s],
    ["an unknown variable", {}, { SARK_HTTP_PROT: "1" }, /SARK_HTTP_PROT/],
    [
      "a duration named with its unit",
      { http: { requestTimeoutMs: 1 } },
      {},
      /"requestTimeoutMs".*written with their unit \("30s", "64KiB"\)/,
    ],
    [
      "a destination's size named with its unit",
      { destinations: [{ ...datadog, maxBatchBytes: 1 }] },
      {},
      /"maxBatchBytes".*written with their unit/,
    ],
    [
      "a variable named with its unit",
      {},
      { SARK_HTTP_REQUEST_TIMEOUT_MS: "1" },
      /SARK_HTTP_REQUEST_TIMEOUT_MS.*written with their unit/,
    ],
    [
      "a secret's file in a setting of its own",
      { policy: { opaTokenFile: "/s" } },
      {},
      /"opaTokenFile".*written as `\$\{file:PATH\}`/,
    ],
    ["a value of the wrong type", { http: { port: "high" } }, {}, /http\.port/],
    ["a number that is none", {}, { SARK_HTTP_PORT: "high" }, /http\.port/],
    ["a port out of range", {}, { SARK_HTTP_PORT: "70000" }, /http\.port/],
    ["an upstream without a command", { upstreams: [{ name: "a", transport: "stdio" }] }, {}, /command/],
    [
      "a destination's unknown key",
      { destinations: [{ ...datadog, colour: 1 }] },
      {},
      /destinations\.0: .*colour/,
    ],
    [
      "an unknown kind of destination",
      { destinations: [{ name: "a", sink: { type: "kafka" } }] },
      {},
      /splunk_hec/,
    ],
    [
      "a secret in the file",
      { destinations: [withKey("s3cret")] },
      {},
      /destinations\.0\.sink\.apiKey: must not hold the secret itself: write "\$\{NAME\}" .*"\$\{file:\/path\}"/,
    ],
    [
      "OPA's token in the file",
      { policy: { opaToken: "s3cret" } },
      {},
      /policy\.opaToken: must not hold the secret/,
    ],
    [
      "a destination without a secret",
      { destinations: [withKey(undefined)] },
      {},
      /sink\.apiKey: .*"\$\{NAME\}"/,
    ],
    [
      "a secret as destinations had it",
      { destinations: [withKey({ env: "DD_API_KEY" })] },
      {},
      /destinations\.0\.sink\.apiKey: write "\$\{DD_API_KEY\}" instead of \{"env": "DD_API_KEY"\}$/m,
    ],
    [
      "a file of a secret as destinations had it",
      {
        destinations: [
          { name: "o", sink: { type: "otlp", url: "https://h", headers: { a: { file: "/s" } } } },
        ],
      },
      {},
      /destinations\.0\.sink\.headers\.a: write "\$\{file:\/s\}" instead of \{"file": "\/s"\}$/m,
    ],
    [
      "a secret as editors have it",
      { destinations: [withKey("${env:DD_API_KEY}")] },
      {},
      /apiKey: write "\$\{DD_API_KEY\}" instead of "\$\{env:DD_API_KEY\}"$/m,
    ],
    [
      "a reference with a default",
      { mcpServers: { a: { url: "http://h/", headers: { k: "${KEY:-none}" } } } },
      {},
      /mcpServers\.a\.headers\.k: holds "\$\{" that begins no reference: write "\$\{NAME\}"/,
    ],
    [
      "a secret in an address",
      { mcpServers: { a: { url: "https://h/${KEY}/mcp" } } },
      {},
      /mcpServers\.a\.url: must not refer to secrets; they go into `headers`$/m,
    ],
    [
      "an input of an editor",
      { mcpServers: { a: { command: "a", env: { K: "${input:key}" } } } },
      {},
      /mcpServers\.a\.env\.K: holds "\$\{" that begins no reference/,
    ],
    [
      "a password of the database as editors have it",
      {},
      { DATABASE_URL: "postgres://u:${env:P}@h/d" },
      /database\.url \(DATABASE_URL\): write "\$\{P\}"/,
    ],
    [
      "a password in an address",
      { destinations: [{ ...datadog, sink: { ...datadog.sink, url: "https://u:s3cret@h" } }] },
      {},
      /sink\.url: must not contain credentials$/,
    ],
    [
      "two destinations of one name",
      { destinations: [datadog, datadog] },
      {},
      /destinations\.1\.name: "dd" is/,
    ],
    [
      "an issuer without keys",
      { authentication: { jwt: [issuer] } },
      {},
      /authentication\.jwt\.0: .*jwksUrl or publicKeyFile/,
    ],
    [
      "one issuer as it was written before there could be several",
      { authentication: { jwt: { ...issuer, publicKeyFile: "k.pem" } } },
      {},
      /^ {2}authentication\.jwt: is a list of issuers: write \[\{ … \}\], and `audiences`/m,
    ],
    [
      "one audience",
      { authentication: { jwt: [{ issuer: "i", audience: "a", publicKeyFile: "k.pem" }] } },
      {},
      /authentication\.jwt\.0: .*; write `audiences`, a list/,
    ],
    [
      "an issuer twice",
      { authentication: { jwt: [published, { ...published, tenant: "acme" }] } },
      {},
      /authentication\.jwt\.1\.issuer: .*is there twice/,
    ],
    [
      "two issuers whose callers could not be told apart",
      { authentication: { jwt: [published, { ...published, issuer: "b", tenant: "acme" }] } },
      {},
      /authentication\.jwt\.1\.idPrefix: the same id of https:\/\/id\.example\.com\/ would be the same caller/,
    ],
    [
      "an idPrefix within another",
      {
        authentication: {
          jwt: [
            { ...published, idPrefix: "a:b", tenant: "t" },
            { ...published, issuer: "b", idPrefix: "a:", tenant: "u" },
          ],
        },
      },
      {},
      /authentication\.jwt\.1\.idPrefix: must not begin with that of/,
    ],
    [
      "one tenant, and several",
      { authentication: { jwt: [{ ...published, tenant: "a", tenants: ["b"] }] } },
      {},
      /authentication\.jwt\.0\.tenants: either/,
    ],
    [
      "a proxy by its name",
      { http: { trustedProxies: ["10.0.0.0/8", "proxy.example"] } },
      {},
      /http\.trustedProxies\.1: must be an address, or a subnet/,
    ],
    [
      "all the world as proxies",
      { http: { trustedProxies: ["0.0.0.0/0"] } },
      {},
      /http\.trustedProxies\.0: must be an address, or a subnet/,
    ],
    ["a database that is no connection string", {}, { DATABASE_URL: "localhost" }, /postgresql:\/\//],
    [
      "shipping of files that are not there",
      { logging: { cloudwatch: { region: "eu-central-1" } } },
      {},
      /logging\.cloudwatch: needs logging\.files/,
    ],
    [
      "lines that go nowhere",
      { logging: { stdout: false } },
      {},
      /logging\.stdout: false needs logging\.files/,
    ],
    [
      "log files without room for themselves",
      { logging: { files: { maxFileSize: "1MiB", maxTotalSize: "2MiB" } } },
      {},
      /logging\.files\.maxTotalSize: must be at least 6 times/,
    ],
    [
      "an environment variable that is none",
      { upstreams: [{ name: "a", transport: "stdio", command: "a", env: { "a b": "c" } }] },
      {},
      /upstreams\.0\.env\.a b: is not the name of an environment variable/,
    ],
    [
      "a header name that is none",
      { upstreams: [{ name: "a", transport: "http", url: "http://h/", headers: { "a b": "c" } }] },
      {},
      /upstreams\.0\.headers\.a b: is not a header name/,
    ],
    [
      "one header in two cases",
      {
        upstreams: [{ name: "a", transport: "http", url: "http://h/", headers: { "X-A": "c", "x-a": "d" } }],
      },
      {},
      /upstreams\.0\.headers\.x-a: is the same header as X-A/,
    ],
    [
      "an agent's name that is too long",
      { agents: { ["a".repeat(201)]: { agent_type: "service" } } },
      {},
      /agents\.a+: .*200/,
    ],
    [
      "an origin with a path",
      { http: { allowedOrigins: ["https://a/b"] } },
      {},
      /http\.allowedOrigins\.0: .*origin/,
    ],
    ["an origin that is none", { http: { allowedOrigins: ["file:///a"] } }, {}, /http\.allowedOrigins\.0: /],
    ["all origins", { http: { allowedOrigins: ["*"] } }, {}, /http\.allowedOrigins\.0: /],
    [
      "a section twice",
      '{"http":{"port":1},"audit":{},"http":{"host":"a"}}',
      {},
      /^ {2}http: is written twice/m,
    ],
    [
      "a server twice",
      '{"upstreams":[{"a":"\\"}{,"}],"mcpServers":{"x":{"url":"http://a/","env":{"\\u0061":"1","a":"2"}}}}',
      {},
      /^ {2}mcpServers\.x\.env\.a: is written twice/m,
    ],
    [
      "an OPA server without a scheme",
      {},
      { OPA_URL: "localhost:8181" },
      /policy\.opaUrl \(OPA_URL\): .*http/,
    ],
    [
      "a jwksUrl that is no address of the web",
      { authentication: { jwt: [{ issuer: "i", audiences: ["a"], jwksUrl: "file:///jwks" }] } },
      {},
      /jwksUrl: must be an https URL/,
    ],
    ...[
      "http://id.example.com/jwks",
      "http://10.0.0.7/jwks",
      "http://localhost.example.com/jwks",
      "http://127.0.0.1.nip.io/jwks",
      "http://[::ffff:127.0.0.1]/jwks",
      "http://127.0.0.1@id.example.com/jwks",
    ].map((jwksUrl): [string, object, Record<string, string>, RegExp] => [
      `keys of an issuer that anyone on the way can exchange: ${jwksUrl}`,
      { authentication: { jwt: [{ issuer: "i", audiences: ["a"], jwksUrl }] } },
      {},
      /jwksUrl: must be an https URL, unless it is on a loopback address/,
    ]),
    [
      "client certificates without TLS",
      { authentication: { certificates: [mesh] } },
      {},
      /authentication\.certificates: clients show certificates in TLS: set http\.tls, too/,
    ],
    [
      "a certificate of every client, of no authority",
      { http: { tls: { ...tls, clientCertificates: "require" } } },
      {},
      /http\.tls\.clientCertificates: needs authentication\.certificates/,
    ],
    ...(
      [
        [[mesh, mesh], /certificates\.1\.name: mesh is there twice/],
        [
          [
            { ...mesh, crlFile: "l" },
            { ...mesh, name: "b" },
          ],
          /certificates\.1\.crlFile: every authority has a/,
        ],
        [
          [trusting("a.example"), trusting("a.example", "b")],
          /trustDomain: a\.example is the trust domain of mesh/,
        ],
        [[{ ...mesh, trustDomains: [domain, domain] }], /trustDomain: a\.example is there twice/],
        [[trusting("spiffe://a.example")], /must be a trust domain/],
        [[trusting("A.example")], /must be a trust domain/],
        [[trusting("a.example:8443")], /must be a trust domain/],
        [
          [{ ...mesh, trustDomains: [{ ...domain, path: "/ns/" }] }],
          /path: must begin with a slash and consist/,
        ],
        [
          [{ ...mesh, trustDomains: [{ ...domain, path: "ns" }] }],
          /path: must begin with a slash and consist/,
        ],
        [[{ ...mesh, trustDomains: [{ ...domain, path: "/ns/../a" }] }], /path: must begin with a slash and/],
        [[{ ...mesh, callers: [{ principal: "a" }] }], /callers\.0: .*one of subject, uri, dns and email/],
        [
          [{ ...mesh, callers: [{ dns: "a", uri: "b", principal: "a" }] }],
          /one of subject, uri, dns and email/,
        ],
        [[{ ...mesh, callers: [{ dns: "*.a", principal: "a" }] }], /callers\.0\.dns: .*without wildcards/],
      ] as const
    ).map(([certificates, problem]): [string, object, Record<string, string>, RegExp] => [
      `authorities of client certificates: ${String(problem)}`,
      { http: { tls }, authentication: { certificates } },
      {},
      problem,
    ]),
    ...["spiffe://a.example/", "spiffe://a.example/ns/", "spiffe:", "s"].map(
      (idPrefix): [string, object, Record<string, string>, RegExp] => [
        `ids of tokens that could be those of certificates: ${idPrefix}`,
        {
          http: { tls },
          authentication: {
            certificates: [trusting("a.example")],
            jwt: [{ ...issuer, publicKeyFile: "k", idPrefix }],
          },
        },
        {},
        /jwt\.0\.idPrefix: must not be the beginning of SPIFFE ids/,
      ],
    ),
    [
      "a jwksUrl with a password",
      { authentication: { jwt: [{ issuer: "i", audiences: ["a"], jwksUrl: "https://a:b@id.example/" }] } },
      {},
      /jwksUrl: must not contain credentials/,
    ],
    [
      "a server without a scheme",
      { mcpServers: { x: { url: "h:1/mcp" } } },
      {},
      /mcpServers\.x\.url: .*https/,
    ],
    [
      "a variable that is no number",
      {},
      { SARK_HTTP_PORT: "abc" },
      /http\.port \(SARK_HTTP_PORT\): .*must be a number$/m,
    ],
    [
      "a duration without a unit",
      { http: { drainTimeout: 10_000 } },
      {},
      /http\.drainTimeout: must be a whole number with a unit \(ms, s, m, h or d\), such as "30s"$/m,
    ],
    [
      "a duration without a unit in a variable",
      {},
      { SARK_POLICY_CACHE_TTL: "5" },
      /policy\.cacheTtl \(SARK_POLICY_CACHE_TTL\): must be a whole number with a unit/,
    ],
    [
      "a duration out of its bounds",
      { audit: { checkpointInterval: "2m" } },
      {},
      /audit\.checkpointInterval: must be at most 1m$/m,
    ],
    [
      "a retention that ends within a day",
      { audit: { retention: "36h" } },
      {},
      /audit\.retention: must be a multiple of 1d$/m,
    ],
    [
      "a size without a unit",
      { http: { maxBodySize: 4_096 } },
      {},
      /http\.maxBodySize: must be a whole number with a unit \(B, KiB, MiB or GiB\), such as "64KiB"$/m,
    ],
    [
      "a flag of another kind",
      {},
      { SARK_AUDIT_SIGNING: "off" },
      /SARK_AUDIT_SIGNING\): must be true or false$/m,
    ],
    ["a flag that is text", { audit: { signing: "on" } }, {}, /audit\.signing: must be true or false$/m],
    ["the section of another client", { servers: { x: { url: "http://a/" } } }, {}, /go into `mcpServers`/],
    ["no JSON", "{", {}, /Cannot read/],
    ["no object", "[]", {}, /one JSON object/],
  ])("refuses %s and names it", (_what, content, environment, message) => {
    expect(() => loadConfig({ file: file(content), environment })).toThrow(message);
  });

  it("refuses a file that is none to read at once: a pipe that no program writes would hold the start", () => {
    const pipe = `${file({})}.pipe`;
    execFileSync("mkfifo", [pipe]);
    expect(() => loadConfig({ file: pipe, environment: {} })).toThrow(/Cannot read.*not a regular file/);
  });

  it("reads a file that begins with a byte order mark, and takes equal keys of different objects", () => {
    const text =
      '\ufeff{"agents":{"a":{"agent_type":"worker"},"b":{"agent_type":"worker"}},"http":{"port":5}}';
    expect(loadConfig({ file: file(text), environment: {} }).http.port).toBe(5);
  });
});
