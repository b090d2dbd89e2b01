import type { CheckResult, HealthCheck } from "@sark/observability/health";
import { firstEnd, standingOf, type CertificateInUse, type Standing } from "./standing.ts";
import type { Certificates } from "./watch-certificates.ts";

/** More would make the page long; those that end first are shown. */
const SHOWN = 50;

/** Degraded before a certificate ends, and while one of several authorities has ended; down once one has. */
export function certificatesCheck(
  certificates: Pick<Certificates, "list" | "lookAgain">,
  warnBeforeMs: number,
  now: () => number = Date.now,
): HealthCheck {
  const standing = (one: CertificateInUse) => standingOf(one, now(), warnBeforeMs);
  return {
    name: "certificates",
    component: "tls",
    required: false,
    intervalMs: 5_000,
    // A look at a peer is part of it.
    timeoutMs: 5_000,
    async check(signal): Promise<CheckResult> {
      const doubtful = certificates.list().filter((one) => one.role === "peer" && standing(one) !== "good");
      await Promise.all(doubtful.map(({ name }) => certificates.lookAgain(name, signal)));
      const all = certificates.list();
      const ended = all.filter((one) => standing(one) === "ended");
      const soon = all.filter((one) => ["soon", "partly"].includes(standing(one)));
      const message = describeStandings([...ended, ...soon], standing);
      if (ended.length > 0) {
        throw new Error(message);
      }
      return soon.length > 0 ? { degraded: true, message } : {};
    },
    known: () => ({ expires: expiries(certificates.list()) }),
  };
}

const WORDS: Readonly<Record<Standing, string>> = {
  good: "is good until",
  soon: "ends at",
  partly: "has an authority that ended at",
  ended: "ended at",
};
const NAMED = 5;

/** Names them, with when they end or have ended, those first that ended; the rest by their number. */
export function describeStandings(
  those: readonly CertificateInUse[],
  standing: (one: CertificateInUse) => Standing,
): string {
  const named = those
    .slice(0, NAMED)
    .map((one) => `${one.name} ${WORDS[standing(one)]} ${timeOf(firstEnd(one) ?? 0)}`);
  const others = those.length - named.length;
  return `renew certificates: ${named.join("; ")}${others > 0 ? `; and ${others} more` : ""}`;
}

function expiries(all: readonly CertificateInUse[]): Record<string, string> {
  const ends = all.flatMap((one) => {
    const end = firstEnd(one);
    return end === null ? [] : [{ name: one.name, end }];
  });
  return Object.fromEntries(
    ends
      .toSorted((one, other) => one.end - other.end)
      .slice(0, SHOWN)
      .map(({ name, end }) => [name, timeOf(end)]),
  );
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
