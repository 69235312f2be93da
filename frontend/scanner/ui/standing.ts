/** How a vehicle stands before the officer, and what an action asks for: the table of `checkpoints/rules.py`. */

import { countsAsNoPass } from "../core/judge";
import type { Verdict } from "../core/types";

/** The server's `Standing`. */
export type VehicleStanding = "good" | "check" | "not_valid" | "like_no_pass" | "no_pass";
/** What an officer can do. */
export type Choice = "passed" | "turned_back" | "held";

/** In the order of the buttons. */
export const CHOICES: readonly Choice[] = ["passed", "turned_back", "held"];
/** How long an action can be undone, in milliseconds. */
export const UNDO_WITHIN = 120_000;

/** The standing a verdict gives. */
export function standingOf({ level, code }: Verdict): VehicleStanding {
  if (level === "green") return "good";
  if (level === "amber") return "check";
  if (level === "blue") return "no_pass";
  return countsAsNoPass(code) ? "like_no_pass" : "not_valid";
}

/** Turning back or holding a vehicle that is green, blue or counts as blue needs a reason, and the province sees it. */
export function isWatched(verdict: Verdict, choice: Choice): boolean {
  if (choice === "passed") return false;
  const standing = standingOf(verdict);
  return standing === "good" || standing === "no_pass" || standing === "like_no_pass";
}
