import { firstEnd, type CertificateInUse, type CertificateRole } from "./standing.ts";

/** What a gauge of each certificate shows: seconds until the first one there ends, negative once it has. Those without an end have none. */
export function remainingSeconds(
  all: readonly CertificateInUse[],
  now: number,
): {
  readonly labels: { readonly certificate: string; readonly role: CertificateRole };
  readonly value: number;
}[] {
  return all.flatMap((one) => {
    const end = firstEnd(one);
    const labels = { certificate: one.name, role: one.role };
    return end === null ? [] : [{ labels, value: Math.round((end - now) / 1_000) }];
  });
}
