/**
 * What Cedar says went wrong quotes values of the request (`ip`, `decimal`, `getTag`, sums that are too large), and a decision's reason goes to
 * callers, records and destinations where arguments do not. Only forms that name types, or what the policy says itself, pass.
 */
export function describeEvaluationFault(message: string): string {
  for (const form of PASSED) {
    const [described] = form.exec(message) ?? [];
    if (described !== undefined && described.length <= MAX_LENGTH) {
      return described;
    }
  }
  return "it fails for a value of the request";
}

const MAX_LENGTH = 300;

/** All of the message, or the part of it up to a value. */
const PASSED: readonly RegExp[] = [
  /^type error: expected [a-z (][\w `():,]*$/,
  // Policies write names of attributes, and cannot compute them.
  /^record does not have the attribute `[^`]*`$/,
  /^error while evaluating `\w+` extension function(?=:)/,
  /^integer overflow(?= )/,
];
