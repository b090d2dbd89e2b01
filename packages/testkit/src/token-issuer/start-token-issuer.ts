import { createServer, type ServerResponse } from "node:http";
import { closeServer, listenOnLoopback } from "../loopback.ts";
import {
  createSigningKey,
  signToken,
  type Claims,
  type SigningAlgorithm,
  type SigningKey,
} from "./signing-keys.ts";

export interface TokenIssuerOptions {
  /** Default: ES256. */
  readonly algorithm?: SigningAlgorithm;
  /** `aud` of tokens that name none; default: none. */
  readonly audience?: string;
}

export interface IssueOptions {
  /** Seconds from now; negative for one that has expired. Default: 300. */
  readonly expiresIn?: number;
  /** Default: the newest published key. Give a key that is not published to forge a token. */
  readonly key?: SigningKey;
}

export interface TokenIssuer {
  /** The `iss` of its tokens: `http://127.0.0.1:<port>` */
  readonly issuer: string;
  readonly jwksUrl: string;
  /** Adds `iss`, `iat`, `exp` and the audience where the claims have none; a claim given as `undefined` is left out. */
  issue(claims: Claims, options?: IssueOptions): Promise<string>;
  /** The key that `issue` takes. */
  currentKey(): SigningKey;
  /** Publishes a further key and issues with it from now on; the older ones stay published. */
  addKey(algorithm?: SigningAlgorithm): Promise<SigningKey>;
  /** Withdraws a key: tokens signed with it are no longer valid. */
  withdraw(key: SigningKey): void;
  /** `addKey`, and every older key is withdrawn. */
  rotate(algorithm?: SigningAlgorithm): Promise<SigningKey>;
  /** Requests for keys from now on: accepted, and never responded to. */
  hang(): void;
  /** Requests for keys from now on: responded to with this status, or with 200 and no JSON. */
  fail(how?: number | "garbage"): void;
  /** Stops listening: connections are refused until `recover`. */
  stop(): Promise<void>;
  /** Ends `hang`, `fail` and `stop`, at the same address. */
  recover(): Promise<void>;
  /** Requests for the key set, whatever came of them. Refused connections are not seen. */
  requestCount(): number;
  close(): Promise<void>;
}

/** An identity provider reduced to what a resource server sees of it: a JWKS endpoint, and signed tokens. */
export async function startTokenIssuer(options: TokenIssuerOptions = {}): Promise<TokenIssuer> {
  const algorithm = options.algorithm ?? "ES256";
  let keys = [await createSigningKey(algorithm)];
  let mood: "well" | "hanging" | "garbage" | number = "well";
  let requests = 0;

  const server = createServer((req, res) => {
    if (req.url !== "/.well-known/jwks.json") {
      send(res, 404, { error: "not found" });
      return;
    }
    requests++;
    if (mood === "well") {
      send(res, 200, { keys: keys.map((key) => key.publicJwk) });
    } else if (mood === "garbage") {
      send(res, 200, "<html>");
    } else if (mood !== "hanging") {
      send(res, mood, { error: "told to fail" });
    }
  });
  const port = await listenOnLoopback(server);
  const issuer = `http://127.0.0.1:${port}`;

  const currentKey = () => {
    const key = keys.at(-1);
    if (!key) {
      throw new Error("every key was withdrawn; add one");
    }
    return key;
  };
  const addKey = async (next: SigningAlgorithm = algorithm) => {
    const key = await createSigningKey(next);
    keys.push(key);
    return key;
  };

  return {
    issuer,
    jwksUrl: `${issuer}/.well-known/jwks.json`,
    currentKey,
    addKey,
    issue(claims, { expiresIn = 300, key = currentKey() } = {}) {
      const now = Math.floor(Date.now() / 1000);
      const audience = options.audience === undefined ? {} : { aud: options.audience };
      return signToken({ iss: issuer, iat: now, exp: now + expiresIn, ...audience, ...claims }, key);
    },
    withdraw(key) {
      keys = keys.filter((other) => other.kid !== key.kid);
    },
    async rotate(next) {
      const key = await addKey(next);
      keys = [key];
      return key;
    },
    hang: () => void (mood = "hanging"),
    fail: (how = 500) => void (mood = how),
    stop: () => closeServer(server),
    async recover() {
      mood = "well";
      // Those that hang would hang on.
      server.closeAllConnections();
      if (!server.listening) {
        await listenOnLoopback(server, port);
      }
    },
    requestCount: () => requests,
    async close() {
      if (server.listening) {
        await closeServer(server);
      }
    },
  };
}

function send(res: ServerResponse, status: number, body: object | string): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  res.writeHead(status, { "content-type": "application/json" }).end(text);
}
