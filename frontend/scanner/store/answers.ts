/** Reading what the server answers: a shape that is not the agreed one is `ServerTrouble`, never a wrong value. */

import type { Device, SlipState } from "../core/desk";
import type { Point } from "../core/types";
import { BROKEN, ServerTrouble } from "./remote";
import type { Root } from "./schema";

type Fields = Readonly<Record<string, unknown>>;

/** What became of one event. */
export interface EventResult {
  readonly eventId: string;
  readonly status: "accepted" | "repeated" | "refused";
  readonly code: string | null;
}

function broken(): never {
  throw new ServerTrouble(200, BROKEN);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : broken();
}

function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : broken();
}

function listIn(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  return Array.isArray(value) ? value : broken();
}

function momentIn(fields: Fields, name: string): number {
  const at = Date.parse(textIn(fields, name));
  return Number.isFinite(at) ? at : broken();
}

/** A point of the register. */
export function readPoint(value: unknown): Point {
  const fields = fieldsOf(value);
  const text = (name: string): string => (typeof fields[name] === "string" ? fields[name] : "");
  return {
    code: textIn(fields, "code"),
    name: textIn(fields, "name"),
    county: text("county"),
    road: text("road"),
    direction: text("direction"),
    stake: text("stake"),
    may_issue: fields["may_issue"] === true,
  };
}

/** `{checkpoints: [Point]}` */
export function readPoints(value: unknown): readonly Point[] {
  return listIn(fieldsOf(value), "checkpoints").map(readPoint);
}

/** `{device: {id, name, code, checkpoint, expires_at}}` */
export function readDevice(value: unknown): Device {
  const device = fieldsOf(fieldsOf(value)["device"]);
  return {
    id: textIn(device, "id"),
    name: textIn(device, "name"),
    code: textIn(device, "code"),
    point: readPoint(device["checkpoint"]),
    expiresAt: momentIn(device, "expires_at"),
  };
}

/** The answer to an enrolment: device, token and the roots to pin. */
export interface Enrolled {
  readonly device: Device;
  readonly token: string;
  readonly roots: readonly Root[];
  readonly serverTime: number;
}

/** Reads `{token, device, roots, server_time}`. */
export function readEnrolment(value: unknown): Enrolled {
  const fields = fieldsOf(value);
  const roots = listIn(fields, "roots").map((root) => {
    const entry = fieldsOf(root);
    const jwk = fieldsOf(entry["jwk"]);
    const member = (name: string): string => textIn(jwk, name);
    const key = { kty: member("kty"), crv: member("crv"), x: member("x"), y: member("y") };
    return { kid: textIn(entry, "kid"), jwk: key };
  });
  const serverTime = momentIn(fields, "server_time");
  return { device: readDevice(value), token: textIn(fields, "token"), roots, serverTime };
}

/** The results of an upload, of those events only that were asked about. */
export function readResults(value: unknown): readonly EventResult[] {
  return listIn(fieldsOf(value), "results").map((entry) => {
    const result = fieldsOf(entry);
    const status = textIn(result, "status");
    if (status !== "accepted" && status !== "repeated" && status !== "refused") broken();
    const code = typeof result["code"] === "string" ? result["code"] : null;
    return { eventId: textIn(result, "event_id"), status, code };
  });
}

/** What became of a slip. */
export function readSlip(value: unknown): Pick<SlipState, "state" | "pass" | "problem"> {
  const fields = fieldsOf(value);
  const state = textIn(fields, "state");
  if (state === "issued") return { state, pass: readIssued(fields["pass"]), problem: null };
  return state === "failed" ? { state, pass: null, problem: readProblem(fields["problem"]) } : broken();
}

function readIssued(value: unknown): NonNullable<SlipState["pass"]> {
  const pass = fieldsOf(value);
  return {
    number: textIn(pass, "number"),
    text: textIn(pass, "text"),
    checkCode: textIn(pass, "check_code"),
    notAfter: momentIn(pass, "not_after"),
  };
}

function readProblem(value: unknown): NonNullable<SlipState["problem"]> {
  const problem = fieldsOf(value);
  const next = listIn(problem, "next").filter((line) => typeof line === "string");
  return { code: textIn(problem, "code"), title: textIn(problem, "title"), next };
}
