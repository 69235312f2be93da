/** Events as the server's `POST /api/v1/scans` takes them; `sequence` is put in by the outbox. */

import type { KeptAction, KeptScan, ShiftCounts } from "../core/desk";
import type { Judged, PlateSeen, RoadsideAction, TrustedTime } from "../core/types";
import type { ProgressRecord } from "./schema";
import { spanOf, written } from "./stamps";

type Body = Readonly<Record<string, unknown>>;

/** Where and when something was done; `deviceAt`: by the phone's own clock. */
interface Where {
  readonly checkpoint: string;
  readonly time: TrustedTime;
  readonly deviceAt: number;
}

/** Limits of the server's schema: what exceeds them is cut, for a scan must not be lost for a long advertisement. */
const LONGEST_TEXT = 600;
const LONGEST_PLATE = 32;

/** What was read and judged. `judged` is the verdict with the comparison, `seenPlate` what stands on the truck. */
export function scanBody(reading: ProgressRecord, judged: Judged, seen: PlateSeen, seenPlate: string | null): Body {
  const { verdict, quality, credential, text } = judged;
  return {
    kind: "scan",
    event_id: reading.eventId,
    plate: reading.plate,
    checkpoint: reading.checkpoint,
    scanned_at: written(reading.deviceAt),
    ...spanOf(judged.time),
    number: credential?.number ?? null,
    text: text === null || text === "" ? null : text.slice(0, LONGEST_TEXT),
    level: verdict.level,
    verdict: verdict.code,
    reasons: verdict.reasons,
    plate_seen: seen,
    offline: reading.offline,
    list_seq: judged.listSeq,
    means: judged.means,
    seen_plate: seenPlate === null || seenPlate === "" ? null : seenPlate.slice(0, LONGEST_PLATE),
    uec: quality?.uec ?? null,
    symbol_version: quality?.symbolVersion ?? null,
    frames: quality?.frames ?? null,
    read_ms: quality?.readMs === null || quality?.readMs === undefined ? null : Math.round(quality.readMs),
  };
}

/** What the officer did; `undoes`: the id of the action that is taken back. */
export function actionBody(
  scan: Pick<KeptScan, "eventId" | "plate">,
  action: Pick<KeptAction, "eventId" | "reason"> & { readonly action: RoadsideAction },
  where: Where & { readonly undoes: string | null },
): Body {
  return {
    kind: "action",
    event_id: action.eventId,
    plate: scan.plate,
    checkpoint: where.checkpoint,
    acted_at: written(where.deviceAt),
    ...spanOf(where.time),
    scan_id: scan.eventId,
    action: action.action,
    reason: action.reason,
    undoes: where.undoes,
  };
}

/** A shift handed over, with what was counted in the one that ends. */
export function shiftBody(
  handed: { readonly eventId: string; readonly officer: string; readonly note: string | null },
  counts: ShiftCounts,
  where: Where,
): Body {
  return {
    kind: "shift",
    event_id: handed.eventId,
    checkpoint: where.checkpoint,
    changed_at: written(where.deviceAt),
    ...spanOf(where.time),
    officer: handed.officer,
    note: handed.note,
    counts,
  };
}
