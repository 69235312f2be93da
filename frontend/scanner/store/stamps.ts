import type { TrustedTime } from "../core/types";

/** RFC 3339 in UTC, as the server reads it. */
export function written(moment: number): string {
  return new Date(moment).toISOString();
}

/** When something happened, as every event says it. */
export function spanOf(time: TrustedTime): { readonly time_low: string; readonly time_high: string } {
  return { time_low: written(time.low), time_high: written(time.high) };
}
