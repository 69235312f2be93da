import { jws, newKey } from "../signing";
import type { KeyPair } from "../signing";

type Fields = Record<string, unknown>;

/** How the server behaves; each is a bad day somebody had. */
export type Mood = "well" | "down" | "500" | "html" | "half" | "busy";

const POINTS = ["CP001", "CP002"].map((code) => ({
  code,
  name: `点${code}`,
  county: "220102",
  county_words: "吉林省长春市南关区",
  road: "G1",
  direction: "both",
  stake: "K1",
  may_issue: true,
}));

/** Our server, as far as a phone sees it: the contract, in memory. */
export class FakeServer {
  mood: Mood = "well";
  ended: "revoked" | "expired" | null = null;
  now = Date.parse("2022-04-16T04:00:00Z");
  seq = 10;
  trustSeq = 1;
  statuses: Record<number, number> = {};
  /** What was accepted, in order, by event id. */
  readonly events = new Map<string, Fields>();
  readonly requests: string[] = [];
  readonly reports: Fields[] = [];
  readonly slips = new Map<string, Fields>();
  /** Loses its answer after having taken the events in, as a tunnel does. */
  swallowAnswers = 0;
  /** An event on which it breaks. */
  poison: string | null = null;
  refuse: Record<string, string> = {};
  failSlips: string | null = null;
  private readonly fulls = new Map<number, Fields>();

  private constructor(
    readonly root: KeyPair,
    readonly statusKey: KeyPair,
    readonly issuing: KeyPair,
  ) {}

  static async open(): Promise<FakeServer> {
    return new FakeServer(await newKey("root-1"), await newKey("status-1"), await newKey("220000/1"));
  }

  readonly fetch = async (input: string, init: RequestInit): Promise<Response> => {
    const path = input.split("?")[0] ?? "";
    this.requests.push(`${init.method} ${input}`);
    if (this.mood === "down") throw new TypeError("Failed to fetch");
    if (this.mood === "500") return json(500, { code: "server.unexpected" });
    if (this.mood === "html") return new Response("<html>Sign in to the rest area's network</html>");
    if (this.mood === "busy") return new Response("", { status: 503, headers: { "Retry-After": "60" } });
    const answer = await this.answer(path, new URLSearchParams(input.split("?")[1]), init);
    if (this.mood === "half") return new Response((await answer.text()).slice(0, 20), { status: answer.status });
    if (path === "/api/v1/scans" && this.swallowAnswers > 0) {
      this.swallowAnswers -= 1;
      throw new TypeError("Failed to fetch");
    }
    return answer;
  };

  /** The status list or, with `since`, the delta. */
  async statusJws(since: number | null): Promise<string> {
    const common = { format: "changtong-status/1", seq: this.seq, server_time: this.iso(), watch: [] };
    const base = since === null ? undefined : this.fulls.get(since);
    const high = Math.max(20, ...Object.keys(this.statuses).map(Number));
    const bits = Array.from({ length: high }, (_, index) => this.statuses[index + 1] ?? 1).join("");
    if (!base) {
      this.fulls.set(this.seq, { ...this.statuses });
      const areas = [{ area: "220000", base: 1, high, bits }];
      return jws(this.statusKey, "changtong-status+jws", { ...common, base_seq: null, areas, revised: [] });
    }
    const changes = Object.entries(this.statuses)
      .filter(([serial, status]) => base[serial] !== status)
      .map(([serial, status]) => [`220000${serial.padStart(6, "0")}`, status]);
    return jws(this.statusKey, "changtong-status+jws", { ...common, base_seq: since, areas: [], changes, revised: [] });
  }

  trustJws(): Promise<string> {
    return jws(this.root, "changtong-trust+jws", {
      format: "changtong-trust/1",
      seq: this.trustSeq,
      issued_at: new Date(this.now - 3_600_000).toISOString(),
      next_update: new Date(this.now + 7 * 86_400_000).toISOString(),
      status_keys: [{ kid: this.statusKey.kid, jwk: this.statusKey.jwk }],
      issuers: [
        {
          area: "220000",
          name: { zh: "吉林省", en: "Jilin" },
          phone: "0431-1",
          status_url: "/x",
          keys: [
            { key: 1, alg: "ES256", jwk: this.issuing.jwk, not_before: this.iso(), not_after: null, state: "signing" },
          ],
        },
      ],
      sectors: [],
      kinds: [],
      goods: [],
      ages: {},
    });
  }

  private iso(): string {
    return new Date(this.now).toISOString();
  }

  private async answer(path: string, query: URLSearchParams, init: RequestInit): Promise<Response> {
    const body = typeof init.body === "string" ? (JSON.parse(init.body) as Fields) : {};
    const since = query.get("since");
    if (path.endsWith("/status.jws")) return new Response(await this.statusJws(since === null ? null : Number(since)));
    if (path.endsWith("/trust.jws")) return new Response(await this.trustJws());
    if (path === "/api/v1/devices") return this.enrol(body);
    if (path === "/api/v1/scans") return this.takeIn(body);
    if (this.ended) return json(401, { code: `token.${this.ended}` });
    return this.ofDevice(path, body);
  }

  private ofDevice(path: string, body: Fields): Response {
    if (path === "/api/v1/device") return json(200, this.told());
    if (path === "/api/v1/device/checkpoint") {
      return body["checkpoint"] === "CP002" ? json(403, { code: "checkpoint.foreign" }) : json(200, this.told());
    }
    if (path === "/api/v1/device/report") {
      this.reports.push(body);
      return new Response(null, { status: 204 });
    }
    if (path === "/api/v1/checkpoints") return json(200, { checkpoints: POINTS });
    if (path === "/api/v1/pass-book") return json(404, { code: "pass_book.not_yet" });
    return path === "/api/v1/slips" ? this.issue(body) : json(404, { code: "not_found" });
  }

  private enrol({ code }: Fields): Response {
    if (code !== "GOOD-CODE") return json(404, { code: "enrolment.unknown" });
    this.ended = null;
    const roots = [{ kid: this.root.kid, jwk: { ...this.root.jwk, use: "sig" } }];
    return json(201, { ...this.told(), token: "device-token", roots, server_time: this.iso() });
  }

  private told(): Fields {
    const expires = new Date(this.now + 30 * 86_400_000).toISOString();
    return { device: { id: "device-1", name: "一号机", code: "K7QM", checkpoint: POINTS[0], expires_at: expires } };
  }

  private takeIn({ events }: Fields): Response {
    const given = events as Fields[];
    if (given.some((event) => event["event_id"] === this.poison)) return json(500, { code: "server.unexpected" });
    const results = given.map((event) => this.takeOne(event));
    return json(200, { results, server_time: this.iso() });
  }

  private takeOne(event: Fields): Fields {
    const event_id = String(event["event_id"]);
    const code = this.refuse[event_id];
    if (code) return { event_id, status: "refused", code, errors: [] };
    const before = this.events.get(event_id);
    if (before && JSON.stringify(before) !== JSON.stringify(event)) {
      return { event_id, status: "refused", code: "event_conflict", errors: [] };
    }
    this.events.set(event_id, event);
    return { event_id, status: before ? "repeated" : "accepted", code: null };
  }

  private issue(body: Fields): Response {
    const event_id = String(body["event_id"]);
    const before = this.slips.get(event_id);
    if (before && JSON.stringify(before) !== JSON.stringify(body)) return json(409, { code: "event_conflict" });
    this.slips.set(event_id, body);
    if (this.failSlips) {
      const problem = { code: this.failSlips, title: "不予签发", next: ["请拨打值班电话"] };
      return json(200, { event_id, code: body["code"], state: "failed", pass: null, problem });
    }
    const issued = { number: "220000000099", text: "https://ct.example/p/1", check_code: "AB12CD", not_after: this.iso() };
    return json(200, { event_id, code: body["code"], state: "issued", pass: issued, problem: null });
  }
}

function json(status: number, content: unknown): Response {
  return new Response(JSON.stringify(content), { status, headers: { "Content-Type": "application/json" } });
}
