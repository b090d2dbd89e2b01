import fc, { type Arbitrary } from "fast-check";
import { TABLE } from "@sark/gateway";
import type { Endpoint, Service } from "@sark/http-api";
import { shownExample } from "@sark/http-api/documents";
import { writeRequest } from "../wire/request.ts";
import type { CaseArbitrary } from "./case.ts";
import { further, host, type Header } from "./headers.ts";
import { hostileText, mostly } from "./hostile-text.ts";
import { jsonText, keyText, objectText } from "./json-text.ts";
import { isWhole } from "./mcp.ts";
import { CALLER_NAMES } from "../world/callers.ts";

type AnyEndpoint = Endpoint<Service, never>;

const ENDPOINTS: readonly AnyEndpoint[] = Object.values(TABLE).flatMap(({ endpoints }) =>
  Object.values(endpoints as Readonly<Record<string, AnyEndpoint>>),
);

/** Those that take the gateway out of service. They are for callers alone who may not. */
const DISRUPTIVE: ReadonlySet<string> = new Set(["/admin/v1/drain"]);

/** What policies, operators and tests of others see of a caller is no secret to it: roles are what is tried here. */
const caller = (endpoint: AnyEndpoint): Arbitrary<readonly Header[]> => {
  const may =
    DISRUPTIVE.has(endpoint.path) && endpoint.method !== "GET" ? ["alice", "olga", "planner"] : CALLER_NAMES;
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(may.includes("root") ? "root" : "olga").map(bearer) },
    { weight: 3, arbitrary: fc.constantFrom(...may).map(bearer) },
    { weight: 1, arbitrary: fc.constantFrom<readonly Header[]>([], [["Authorization", "Bearer x.y.z"]]) },
  );
};

function bearer(name: string): readonly Header[] {
  return [["Authorization", `Bearer {token:${name}}`]];
}

const encoded: Arbitrary<string> = fc.oneof(
  hostileText.map((text) => encodeURIComponent(text.toWellFormed())),
  fc.constantFrom("%ff", "%", "..", ".", "a%2fb", "a%00", ";a=b", "%2e%2e", "0'--"),
);

/** The path with its parameters, each as in the example or hostile. */
function target(endpoint: AnyEndpoint): Arbitrary<string> {
  const { path = {}, query = {} } = shownExample(endpoint.example).request ?? {};
  const parts = endpoint.path.split(/(\{\w+\*?\})/).map((part) => {
    const name = /^\{(\w+)\*?\}$/.exec(part)?.[1];
    return name === undefined
      ? fc.constant(part)
      : mostly(2, encodeURIComponent(String(path[name])), encoded);
  });
  const pairs = Object.entries(query).map(([name, value]) =>
    fc.tuple(fc.constant(encodeURIComponent(name)), mostly(2, encodeURIComponent(String(value)), encoded)),
  );
  const more = fc.array(fc.tuple(encoded, encoded), { maxLength: 2 });
  return fc
    .tuple(fc.tuple(...parts), fc.tuple(...pairs), mostly(3, fc.constant<[string, string][]>([]), more))
    .map(([made, own, others]) => {
      const all = [...own, ...others].map(([name, value]) => `${name}=${value}`);
      // Names of the query twice, now and then.
      return made.join("") + (all.length === 0 ? "" : `?${all.join("&")}`);
    });
}

/** The example with hostile values in the place of some of its members, further ones, and the same ones again. */
function bodyText(example: unknown): Arbitrary<string> {
  if (typeof example !== "object" || example === null || Array.isArray(example)) {
    return jsonText;
  }
  const members = Object.entries(example).map(([key, value]) =>
    fc.tuple(fc.constant(JSON.stringify(key)), mostly(4, JSON.stringify(value), jsonText)),
  );
  const more = fc.array(
    fc.tuple(
      fc.oneof(
        keyText,
        fc.constantFrom(...Object.keys(example)).map((key) => JSON.stringify(key)),
      ),
      jsonText,
    ),
    {
      minLength: 1,
      maxLength: 2,
    },
  );
  return mostly(
    8,
    fc
      .tuple(fc.tuple(...members), mostly(3, fc.constant<[string, string][]>([]), more))
      .map(([own, others]) => objectText([...own, ...others])),
    jsonText,
  );
}

/** Requests to every endpoint of the table, by everyone, as its example or nearly. */
export const restCase: CaseArbitrary = fc.constantFrom(...ENDPOINTS).chain((endpoint) => {
  const example = shownExample(endpoint.example).request?.body;
  const hasBody = endpoint.input?.body !== undefined;
  return fc
    .record({
      method: mostly(
        12,
        fc.constant<string>(endpoint.method),
        fc.constantFrom("HEAD", "OPTIONS", "PUT", "POST"),
      ),
      target: target(endpoint),
      caller: caller(endpoint),
      host,
      further,
      type: mostly(
        15,
        "application/json",
        fc.constantFrom(
          "text/plain",
          "application/json;charset=utf-7",
          "multipart/form-data; boundary=x",
          "",
        ),
      ),
      text: hasBody ? bodyText(example) : fc.constant(""),
      framing: fc.constantFrom("length" as const, "chunks" as const),
    })
    .map(({ method, target: at, caller: who, host: hosts, further: others, type, text, framing }) => {
      const headers: Header[] = [
        ...hosts,
        ...who,
        ...(hasBody ? [["Content-Type", type] as const] : []),
        ...others,
      ];
      const body = hasBody && method !== "HEAD" ? Buffer.from(text, "utf8") : null;
      const bytes = writeRequest({ method, target: at, headers, body, framing });
      return {
        kind: "rest",
        pieces: [bytes.toString("latin1")],
        whole: isWhole(headers),
        toHead: method === "HEAD",
        endpoint: { method, path: at },
      } as const;
    });
});
