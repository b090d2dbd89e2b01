import { afterEach, describe, expect, it } from "vitest";
import type { AuthorizationQuery, PolicyResource } from "../../domain/authorization.ts";
import type { Json, JsonObject } from "@sark/json";
import type { CacheableEngine } from "../decisions.ts";
import { createPolicyDirectory } from "../testing/policy-directory.ts";
import { agent, query, tool, user } from "../testing/queries.ts";
import { createRecordingObserver, type RecordingObserver } from "../testing/recording-observer.ts";
import { createCedarEngine } from "./cedar-engine.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) {
    await cleanup();
  }
});

async function engineOf(
  files: Record<string, string> | string,
  options: { observer?: RecordingObserver; timeoutMs?: number; decisionTtlSeconds?: number } = {},
): Promise<CacheableEngine> {
  const directory = await createPolicyDirectory(typeof files === "string" ? { "a.cedar": files } : files);
  const engine = await createCedarEngine({
    directory: directory.path,
    observer: createRecordingObserver(),
    timeoutMs: 60_000,
    ...options,
  });
  cleanups.push(
    () => engine.close(),
    () => directory.destroy(),
  );
  return engine;
}

/** Whether this condition holds for the query. */
async function holds(condition: string, over: Partial<AuthorizationQuery> = {}): Promise<boolean> {
  const engine = await engineOf(`@id("p") permit(principal, action, resource) when { ${condition} };`);
  const decision = await engine.decide(query(over));
  if (decision.code === "policy_error" || decision.code === "undecidable_request") {
    throw new Error(decision.reason);
  }
  return decision.allow;
}

describe("decisions of Cedar", () => {
  it("names the policies that determine them, with their sentence for people", async () => {
    const engine = await engineOf(`
      @id("reads") @reason("Everybody may call echo.")
      permit(principal, action, resource == Tool::"everything/echo");
      permit(principal in Role::"ops", action, resource);
      @id("no-mallory") forbid(principal == User::"mallory", action, resource);`);
    expect(await engine.decide(query())).toEqual({
      allow: true,
      code: "allowed",
      reason: "Everybody may call echo.",
      policies: ["reads"],
      engine: "cedar",
      revision: engine.status().revision,
      decisionId: null,
      filteredParameters: null,
      cacheTtlSeconds: 60,
      cached: false,
    });
    const ops = user("bob", { roles: ["ops"] });
    expect((await engine.decide(query({ principal: ops }))).policies).toEqual(["a.cedar#2", "reads"]);
    expect(await engine.decide(query({ principal: { ...ops, id: "mallory" } }))).toMatchObject({
      code: "denied_by_policy",
      reason: "Forbidden by policy no-mallory.",
      policies: ["no-mallory"],
    });
  });

  it("says that nothing permits it where it is denied by default", async () => {
    const engine = await engineOf(`permit(principal == User::"x", action, resource);`);
    expect(await engine.decide(query())).toMatchObject({
      allow: false,
      code: "denied_by_policy",
      reason: "No policy permits gateway:tool:invoke on tool everything/echo, so it is denied by default.",
      policies: [],
    });
  });

  it("denies where a policy cannot be evaluated, be it a forbid that another would have let through", async () => {
    const observer = createRecordingObserver();
    const engine = await engineOf(
      `@id("all") permit(principal, action, resource);
       @id("broken") forbid(principal, action, resource) when { context.parameters.amount > 10 };`,
      { observer },
    );
    const denied = await engine.decide(query({ context: { parameters: { amount: "11" } } }));
    expect(denied).toMatchObject({
      allow: false,
      code: "policy_error",
      policies: ["broken"],
      cacheTtlSeconds: 0,
    });
    expect(denied.reason).toContain("Policy broken could not be evaluated: type error");
    expect((await engine.decide(query())).code).toBe("policy_error");
    expect(observer.seen("decided").map(({ code, fault }) => ({ code, fault: fault !== null }))).toEqual([
      { code: "policy_error", fault: true },
      { code: "policy_error", fault: true },
    ]);
  });

  it("may be kept as long as every policy behind them allows", async () => {
    const engine = await engineOf(
      `@cache_seconds("5") permit(principal == User::"alice", action, resource);
       @cache_seconds("500") permit(principal, action, resource);`,
      { decisionTtlSeconds: 30 },
    );
    expect((await engine.decide(query())).cacheTtlSeconds).toBe(5);
    expect((await engine.decide(query({ principal: user("bob") }))).cacheTtlSeconds).toBe(30);
  });

  it("are denials when they take too long", async () => {
    const engine = await engineOf("permit(principal, action, resource);", { timeoutMs: 0 });
    expect(await engine.decide(query())).toMatchObject({ allow: false, code: "policy_timeout" });
  });
});

describe("what policies see", () => {
  it("the principal", async () => {
    const principal = user("alice", {
      roles: ["dev", "ops"],
      tenant: "acme",
      actor: "bot",
      attributes: { teams: ["a"], level: 2.5, empty: null },
    });
    const conditions = [
      'principal == User::"alice" && principal in Role::"ops" && principal in Tenant::"acme"',
      'principal.id == "alice" && principal.type == "user" && principal.roles.contains("dev")',
      'principal.tenant == "acme" && principal.actor == "bot"',
      'principal.attributes.teams.contains("a") && principal.attributes.level == decimal("2.5")',
      'principal.attributes.empty == Json::"null"',
    ];
    expect(await holds(conditions.join(" && "), { principal })).toBe(true);
    const bare = 'principal == Agent::"bot" && !(principal has tenant) && !(principal has actor)';
    expect(await holds(bare, { principal: agent("bot", {}) })).toBe(true);
  });

  it.each([
    [
      'resource == Tool::"everything/echo" && resource in Server::"everything" && resource in Gateway::"gateway"',
      tool("echo"),
    ],
    [
      'resource.name == "echo" && resource.server == "everything" && resource.sensitivity == "high"',
      tool("echo", "high"),
    ],
    // No made-up server name leads into another server.
    ['resource == Tool::"a%2Fb/c" && !(resource == Tool::"a/b/c")', tool("c", "low", "a/b")],
    [
      'resource is Resource && resource.uri == "file:///x" && resource in Server::"fs"',
      { type: "resource", server: "fs", uri: "file:///x", sensitivity: "low" },
    ],
    ['resource == Prompt::"s/p"', { type: "prompt", server: "s", name: "p", sensitivity: "low" }],
    ['resource == Server::"s" && resource.server == "s"', { type: "server", name: "s", sensitivity: "low" }],
    [
      'resource == Agent::"b" && resource.attributes.trust == 1',
      { type: "agent", id: "b", attributes: { trust: 1 } },
    ],
    ['resource == Gateway::"gateway"', { type: "gateway" }],
  ] satisfies [string, PolicyResource][])("of a resource: %s", async (condition, resource) => {
    expect(await holds(condition, { resource })).toBe(true);
  });

  it("the action and its groups", async () => {
    const use = 'action in Action::"gateway:use" && !(action in Action::"gateway:discovery")';
    expect(await holds(use)).toBe(true);
    expect(await holds(use, { action: "gateway:tool:discover" })).toBe(false);
    expect(await holds('action in Action::"gateway:a2a"', { action: "gateway:a2a:query" })).toBe(true);
  });

  it("the clock, to the minute, and never a caller's own", async () => {
    const context = { time: "1970-01-01T00:00:00Z", __extn: { fn: "datetime", arg: "1970-01-01T00:00:00Z" } };
    const now = 'context.time > datetime("2024-01-01T00:00:00Z") && context.time.toTime() < duration("24h")';
    expect(await holds(now, { context })).toBe(true);
    const engine = await engineOf(`permit(principal, action, resource) when { ${now} };`);
    expect((await engine.decide(query({ context }))).cacheTtlSeconds).toBeLessThan(60);
  });

  it("entities of entities.json, with what the gateway knows on top", async () => {
    const engine = await engineOf({
      "a.cedar": `permit(principal, action, resource in ToolGroup::"safe") when {
        principal.department == "rnd" && principal.id == "alice" && principal in Team::"x" &&
        principal in Role::"dev" && Tenant::"acme".tier == 1 && principal.manager in Team::"y" };`,
      "entities.json": JSON.stringify([
        {
          uid: { type: "Server", id: "everything" },
          attrs: {},
          parents: [{ type: "ToolGroup", id: "safe" }],
        },
        {
          uid: { __entity: { type: "User", id: "alice" } },
          attrs: { id: "forged", department: "rnd", manager: { __entity: { type: "User", id: "bob" } } },
          parents: [{ type: "Team", id: "x" }],
        },
        { uid: { type: "User", id: "bob" }, attrs: {}, parents: [{ type: "Team", id: "y" }] },
        { uid: { type: "Tenant", id: "acme" }, attrs: { tier: 1 }, parents: [] },
      ]),
    });
    const principal = user("alice", { roles: ["dev"] });
    expect(await engine.decide(query({ principal }))).toMatchObject({
      allow: true,
      reason: /a\.cedar#1/ as never,
    });
    expect((await engine.decide(query({ principal: { ...principal, id: "eve" } }))).allow).toBe(false);
  });

  it("one agent, where it asks for itself", async () => {
    const asked: PolicyResource = { type: "agent", id: "bot", attributes: { trust_level: "trusted" } };
    const principal = agent("bot", { trust_level: "trusted" }, { roles: ["r"] });
    expect(
      await holds('principal == resource && resource in Role::"r"', { principal, resource: asked }),
    ).toBe(true);
  });
});

it("see what else of a request reaches the server: state, responses, unknown params", async () => {
  const engine = await engineOf(`
    permit(principal, action, resource);
    @id("state") forbid(principal, action, resource) when { context has params && context.params has requestState };
    @id("accepted") forbid(principal, action, resource) when {
      context has params && context.params has inputResponses &&
      context.params.inputResponses.q.action == "accept" };`);
  const decide = async (params: JsonObject) => (await engine.decide(query({ context: { params } }))).policies;
  expect(await decide({ requestState: "s" })).toEqual(["state"]);
  expect(await decide({ inputResponses: { q: { action: "accept" } } })).toEqual(["accepted"]);
  expect(await decide({ inputResponses: { q: { action: "decline" } } })).toEqual(["a.cedar#1"]);
});

describe("hostile callers", () => {
  it("cannot spell a key that policies name in a way that only the server reads as that key", async () => {
    const engine = await engineOf(`
      permit(principal, action, resource);
      @id("root") forbid(principal, action, resource) when {
        context has parameters && context.parameters has account && context.parameters.account == "root" };
      @id("deep") forbid(principal, action, resource) when {
        context has parameters && context.parameters has to && context.parameters.to has iban };`);
    const codeOf = async (context: JsonObject) => (await engine.decide(query({ context }))).code;
    expect(await codeOf({ parameters: { account: "root" } })).toBe("denied_by_policy");
    expect(await codeOf({ parameters: { account: "me", Other: 1, to: { Account: 1 } } })).toBe("allowed");
    for (const parameters of [
      { Account: "root" },
      { account: "me", ACCOUNT: "root" },
      { "acc\u200bount": "root" },
      { "\uff41ccount": "root" },
      { to: { IBAN: "x" } },
    ]) {
      expect(await codeOf({ parameters })).toBe("undecidable_request");
    }
    expect(await codeOf({ Parameters: { account: "root" } })).toBe("undecidable_request");
  });

  it("may use a key of which policies name both spellings", async () => {
    const engine = await engineOf(`
      permit(principal, action, resource) when { context.parameters has path || context.parameters has Path };`);
    expect((await engine.decide(query({ context: { parameters: { Path: "x" } } }))).allow).toBe(true);
    expect((await engine.decide(query({ context: { parameters: { PATH: "x" } } }))).code).toBe(
      "undecidable_request",
    );
  });

  it("cannot pass data for an entity, a date or an address", async () => {
    const forged: JsonObject = {
      who: { __entity: { type: "User", id: "root" } },
      deep: [{ x: { __entity: { type: "User", id: "root" } } }],
      when: { __extn: { fn: "datetime", arg: "2030-01-01" } },
    };
    const condition = `
      context.parameters.who == User::"root" || context.parameters.deep.contains({x: User::"root"}) ||
      context.parameters.when == datetime("2030-01-01")`;
    expect(await holds(condition, { context: { parameters: forged } })).toBe(false);
    const itself = 'context == {who: User::"root"}';
    expect(await holds(itself, { context: { __entity: { type: "User", id: "root" } } })).toBe(false);
  });

  it("cannot be another principal by its name", async () => {
    const principal = user('alice"); permit(principal, action, resource); //', { roles: ['x", "admin'] });
    const engine = await engineOf('permit(principal in Role::"admin", action, resource);');
    expect(await engine.decide(query({ principal }))).toMatchObject({
      allow: false,
      code: "denied_by_policy",
    });
  });

  it.each([
    ["deep", { parameters: { x: deep(100_000) } }],
    ["wide", { parameters: { x: Array.from({ length: 50_000 }, (_, i) => ({ [`k${i}`]: i })) } }],
    ["long", { parameters: { x: "x".repeat(4_000_000) } }],
    ["broken text", { parameters: { x: "\ud83d" } }],
  ] satisfies [string, JsonObject][])("cannot stop it with %s arguments", async (_what, context) => {
    const engine = await engineOf("permit(principal, action, resource) when { context.parameters.x == 1 };");
    const denied = await engine.decide(query({ context }));
    expect(denied).toMatchObject({ allow: false, code: "undecidable_request", cacheTtlSeconds: 0 });
    expect(denied.reason.length).toBeLessThan(300);
    expect((await engine.decide(query({ context: { parameters: { x: 1 } } }))).allow).toBe(true);
    // What no policy names costs nothing.
    const blind = await engineOf("permit(principal, action, resource);");
    expect((await blind.decide(query({ context }))).allow).toBe(true);
  });

  it("whatever they send, get a decision or a denial that says why", async () => {
    const engine = await engineOf(`
      permit(principal, action, resource) when { context.parameters == context.parameters };
      forbid(principal, action, resource) when { context has other && context.other == User::"root" };`);
    const random = generator(20_251_121);
    for (let round = 0; round < 500; round++) {
      const context = { parameters: randomJson(random, 0), other: randomJson(random, 0) };
      const { allow, reason } = await engine.decide(query({ context }));
      expect(allow || reason).toSatisfy(
        (ended) => ended === true || /not valid Unicode|more than/.test(ended as string),
      );
    }
  });
});

describe("a policy folder", () => {
  it.each([
    ["is empty", {}, "there are no policies"],
    ["has a syntax error", { "x.cedar": "\n\npermit(principal, action);" }, "x.cedar:3: "],
    [
      "has a template",
      { "x.cedar": "\npermit(principal == ?principal, action, resource);" },
      "x.cedar:2: templates",
    ],
    [
      "uses an id twice",
      {
        "x.cedar": '@id("a") permit(principal, action, resource);',
        "y.cedar": '\n@id("a") forbid(principal, action, resource);',
      },
      'y.cedar:2: the id "a" is taken by x.cedar:1',
    ],
    [
      "has a nameless id",
      { "x.cedar": '@id("") permit(principal, action, resource);' },
      'x.cedar:1: the id ""',
    ],
    [
      "has a bad @cache_seconds",
      { "x.cedar": '@cache_seconds("soon") permit(principal, action, resource);' },
      "number of seconds",
    ],
    [
      "has broken entities",
      { "x.cedar": "permit(principal, action, resource);", "entities.json": "[" },
      "entities.json: ",
    ],
    [
      "has entities in the wrong form",
      { "x.cedar": "permit(principal, action, resource);", "entities.json": "{}" },
      "an array of entities",
    ],
    [
      "has entities that are none",
      { "x.cedar": "permit(principal, action, resource);", "entities.json": '[{"uid":1}]' },
      "entities.json: ",
    ],
    [
      "has incomplete entities",
      {
        "x.cedar": "permit(principal, action, resource);",
        "entities.json": '[{"uid":{"type":"A","id":"a"}}]',
      },
      "entities.json: ",
    ],
    [
      "has a broken schema",
      { "x.cedar": "permit(principal, action, resource);", "schema.cedarschema": "entity User;\nentity;" },
      "schema.cedarschema:2: ",
    ],
    [
      "contradicts its schema",
      {
        "x.cedar": "// first line\n\npermit(principal, action, resource)\nwhen { principal.nmae == 1 };",
        "schema.cedarschema":
          "entity User { name: String }; entity Tool;\naction invoke appliesTo { principal: User, resource: Tool };",
      },
      "x.cedar:4: ",
    ],
    ["is not text", { "x.cedar": "permit\ud800" }, "x.cedar"],
  ] satisfies [string, Record<string, string>, string][])(
    "that %s denies everything, and says why",
    async (_what, files, problem) => {
      const observer = createRecordingObserver();
      const engine = await engineOf(files, { observer });
      expect(await engine.decide(query())).toMatchObject({
        allow: false,
        code: "policy_unavailable",
        revision: null,
      });
      expect(engine.status()).toMatchObject({ revision: null, policies: null });
      expect(engine.status().loadError).toContain(problem);
      expect(observer.seen("loadFailed")).toHaveLength(1);
      await expect(engine.check(new AbortController().signal)).rejects.toThrow(problem);
    },
  );

  it("that is missing denies everything", async () => {
    const observer = createRecordingObserver();
    const engine = await createCedarEngine({ directory: "/nowhere/policies", observer, timeoutMs: 1_000 });
    cleanups.push(() => engine.close());
    expect((await engine.decide(query())).code).toBe("policy_unavailable");
    expect(engine.status().loadError).toContain("/nowhere/policies");
  });

  it("numbers unnamed policies as they stand in the file, however many and alike", async () => {
    const same = 'permit(principal == User::"unknown", action, resource);';
    const text = `${`${same}\n`.repeat(11)}permit(principal, action, resource);`;
    expect((await (await engineOf(text)).decide(query())).policies).toEqual(["a.cedar#12"]);
  });
});

function deep(levels: number): Json {
  let value: Json = 1;
  for (let level = 0; level < levels; level++) {
    value = [value];
  }
  return value;
}

/** Mulberry32: the same values in each run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const NASTY: Json[] = [
  "",
  "\0",
  "\ud800",
  "'\"\\\n",
  'User::"root"',
  "💥",
  null,
  true,
  0,
  -0,
  1.5,
  1e21,
  -1e-7,
  2 ** 53,
  1e308,
  "__entity",
];
const NASTY_KEYS = [
  "__entity",
  "__extn",
  "__expr",
  "___entity",
  "__proto__",
  "constructor",
  "",
  "a b",
  "\udc00",
  "type",
  "id",
  "fn",
  "arg",
];

function randomJson(random: (below: number) => number, depth: number): Json {
  const kind = depth > 5 ? 0 : random(4);
  if (kind <= 1) {
    return NASTY[random(NASTY.length)] as Json;
  }
  const size = random(5);
  if (kind === 2) {
    return Array.from({ length: size }, () => randomJson(random, depth + 1));
  }
  const object = Object.create(null) as JsonObject;
  for (let i = 0; i < size; i++) {
    object[NASTY_KEYS[random(NASTY_KEYS.length)] as string] = randomJson(random, depth + 1);
  }
  return object;
}
