import { validate } from "@sark/observability/validation";
import { z } from "zod";
import { CommandError, EXIT } from "../../exit-code.ts";
import { parseAddress } from "../../http-source/address.ts";
import { bearer, findToken } from "../../http-source/credential.ts";
import { exchangeJson } from "../../http-source/http-source.ts";
import type { Environment } from "../../terminal/style.ts";
import { usableNumber } from "./usable-number.ts";

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
  const url = parseAddress(
    base,
    "The URL of Prometheus",
    "http://127.0.0.1:9090",
    "A token goes into PROMETHEUS_TOKEN_FILE.",
  );
  const token = findToken(environment["PROMETHEUS_TOKEN_FILE"], "PROMETHEUS_TOKEN", environment);
  const source = {
    name: "Prometheus",
    url,
    headers: bearer(token),
    timeoutMs: 30_000,
    maxMebibytes: 32,
  };
  return {
    url,
    async query(expression) {
      const { status, json } = await exchangeJson(source, {
        method: "POST",
        path: "/api/v1/query",
        body: new URLSearchParams({ query: expression }),
      });
      const parsed = validate(instantVector, json);
      if (parsed.valid) {
        return parsed.data.data.result.map(({ metric, value }) => ({
          labels: metric,
          value: numberOf(value[1], url),
        }));
      }
      const failed = validate(failure, json);
      throw new CommandError(
        EXIT.unable,
        failed.valid
          ? `Prometheus at ${url} refuses: ${failed.data.errorType}: ${failed.data.error}`
          : `What responds at ${url} is no Prometheus (HTTP ${status}).`,
      );
    },
  };
}

/** As Prometheus writes numbers. */
function numberOf(text: string, url: string): number {
  switch (text) {
    case "+Inf":
      return Number.POSITIVE_INFINITY;
    case "-Inf":
      return Number.NEGATIVE_INFINITY;
    default:
      return usableNumber(Number(text), text, `Prometheus at ${url}`);
  }
}
