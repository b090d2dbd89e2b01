import { readFileSync } from "node:fs";
import { validate } from "@sark/observability/validation";
import { z } from "zod";
import { CommandError, EXIT } from "../../exit-code.ts";
import { readBody } from "../../gateway-client/read-body.ts";
import { printable } from "../../terminal/printable.ts";
import type { Environment } from "../../terminal/style.ts";

/** A sample of an instant query: a series' labels and its value, which may be `NaN`. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface PrometheusClient {
  readonly url: string;
  /** The samples of an expression now. Rejects with a `CommandError`. */
  query(expression: string): Promise<readonly Sample[]>;
}

const TIMEOUT_MS = 30_000;
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;

const instantVector = z.object({
  status: z.literal("success"),
  data: z.object({
    resultType: z.literal("vector"),
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});
const failure = z.object({ status: z.literal("error"), errorType: z.string(), error: z.string() });

/** Prometheus' HTTP API, or of anything that speaks it. A token is read from `PROMETHEUS_TOKEN` or the file in `PROMETHEUS_TOKEN_FILE`. */
export function openPrometheus(base: string, environment: Environment): PrometheusClient {
  const url = checkedUrl(base);
  const token = readToken(environment);
  return {
    url,
    async query(expression) {
      const text = await exchange(`${url}/api/v1/query`, expression, token, url);
      const parsed = validate(instantVector, text.json);
      if (parsed.valid) {
        return parsed.data.data.result.map(({ metric, value }) => ({
          labels: metric,
          value: numberOf(value[1]),
        }));
      }
      const failed = validate(failure, text.json);
      throw new CommandError(
        EXIT.unable,
        failed.valid
          ? `Prometheus at ${url} refuses: ${printable(`${failed.data.errorType}: ${failed.data.error}`)}`
          : `What responds at ${url} is no Prometheus (HTTP ${text.status}).`,
      );
    },
  };
}

async function exchange(
  endpoint: string,
  expression: string,
  token: string | null,
  url: string,
): Promise<{ readonly status: number; readonly json: unknown }> {
  try {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: new URLSearchParams({ query: expression }).toString(),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await readBody(response, MAX_RESPONSE_BYTES);
    return { status: response.status, json: text === null ? undefined : parsedJson(text) };
  } catch (cause) {
    const { code } = Object((cause as Error).cause) as NodeJS.ErrnoException;
    throw new CommandError(
      EXIT.unable,
      `No Prometheus responds at ${url} (${code ?? (cause as Error).name}).`,
      {
        cause,
      },
    );
  }
}

/** As Prometheus writes numbers. */
function numberOf(text: string): number {
  return text === "+Inf"
    ? Number.POSITIVE_INFINITY
    : text === "-Inf"
      ? Number.NEGATIVE_INFINITY
      : Number(text);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checkedUrl(value: string): string {
  const url = /^https?:\/\//.test(value) && URL.canParse(value) ? new URL(value) : null;
  if (url === null || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    // It may hold a password: it is not repeated.
    throw new CommandError(
      EXIT.usage,
      "The URL of Prometheus should look like http://127.0.0.1:9090; a token goes into PROMETHEUS_TOKEN_FILE.",
    );
  }
  return value.replace(/\/+$/, "");
}

function readToken(environment: Environment): string | null {
  const file = environment["PROMETHEUS_TOKEN_FILE"];
  let token = environment["PROMETHEUS_TOKEN"] || null;
  if (file) {
    try {
      token = readFileSync(file, "utf8").trim();
    } catch (cause) {
      const { code = "" } = cause as NodeJS.ErrnoException;
      throw new CommandError(EXIT.usage, `Cannot read the token in ${file} (${code}).`, { cause });
    }
  }
  if (token !== null && !/^[\x21-\x7e]+$/.test(token)) {
    throw new CommandError(EXIT.usage, "The token for Prometheus is no word of printable characters.");
  }
  return token;
}
