const MAX_DAYS = 36_500;

/** When a key ends that is made now. */
export function parseDays(value: string): Date {
  const days = Number(value);
  if (value.trim() === "" || !(days > 0 && days <= MAX_DAYS)) {
    throw new RangeError(`expected a number above 0 and up to ${MAX_DAYS}`);
  }
  return new Date(Date.now() + days * 86_400_000);
}
