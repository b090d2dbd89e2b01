/** Names of the alerts of a promise, by their factors. */
export const burns = (promise: string, ...tiers: readonly number[]) =>
  tiers.map((tier) => `${promise}Burn${tier}x`);
/** Three days are 72 s, two hours 2 s. */
export const OVER_DAYS = 3_600;
