import { isExposedUrl } from "@sark/observability/settings";

/** Whether a party on the way could read what is sent to this address. */
export function isReadableOnTheWay(address: string | undefined): boolean {
  if (address === undefined) {
    return false;
  }
  return isExposedUrl(new URL(address));
}
