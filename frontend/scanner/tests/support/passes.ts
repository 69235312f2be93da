import type { Credential } from "../../core/types";
import { DAY, PASS, sealed, textOf } from "../signing";
import type { KeyPair } from "../signing";

/** A pass of area 220000 on the road of CP001, from `start` on for a day. */
export function pass(serial: number, start: number, plate = "吉A12345"): Credential {
  const notBefore = Math.floor(start / 60_000) * 60_000;
  const number = `220000${String(serial).padStart(6, "0")}`;
  const own = { area: "220000", key: 1, serial, number, plate, roads: ["G1"] };
  return { ...PASS, ...own, notBefore, notAfter: notBefore + DAY };
}

/** The TEXT of its code. */
export async function passText(key: KeyPair, credential: Credential): Promise<string> {
  return textOf(await sealed(key, credential));
}
