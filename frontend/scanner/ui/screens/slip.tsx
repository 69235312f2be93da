import { useLayoutEffect, useMemo } from "preact/hooks";

import { areaWords } from "../../data/areas";
import type { SlipState } from "../../core/desk";
import { goodsWords, numberWords } from "../facts";
import { Code } from "../parts/code";
import { Button, Notice, Page } from "../parts/frame";
import { Facts, PlateMark } from "../parts/marks";
import { useShell } from "../shell";
import { passSymbol } from "../symbol";
import { moment } from "../times";
import { useWakeLock } from "../wake";

/** What became of a request: the pass to be photographed, the slip to be copied, or why there is none. */
export function SlipSheet({ slip: first, back }: { readonly slip: SlipState; readonly back: () => void }) {
  const { desk, words } = useShell();
  // The outcome may come while the sheet is open.
  const slip = desk.slips.value.find(({ eventId }) => eventId === first.eventId) ?? first;
  const w = words.value.duty.slips;
  const settled = slip.state !== "waiting" && !slip.seen;
  // Not after the paint: a quick thumb closes the sheet before.
  useLayoutEffect(() => {
    if (settled) void desk.slipSeen(slip.eventId);
  }, [desk, settled, slip.eventId]);
  return (
    <Page
      title={w.state[slip.state]}
      back={back}
      foot={
        <Button kind="main" onClick={back}>
          {w.done}
        </Button>
      }
    >
      {slip.pass !== null && <IssuedPass pass={slip.pass} />}
      {slip.problem !== null && <Failed problem={slip.problem} />}
      {slip.state === "waiting" && <Waiting code={slip.code} />}
      <Asked slip={slip} />
    </Page>
  );
}

function IssuedPass({ pass }: { readonly pass: NonNullable<SlipState["pass"]> }) {
  const { words, now } = useShell();
  const matrix = useMemo(() => passSymbol(pass.text), [pass.text]);
  const w = words.value.duty.slips;
  useWakeLock();
  return (
    <>
      <Code matrix={matrix} label={w.qr} />
      <p class="strong centred">{w.show}</p>
      <Facts
        pairs={[
          [w.number, <span key="n" class="figure-small">{numberWords(pass.number)}</span>],
          [w.check, <span key="c" class="figure-small">{pass.checkCode}</span>],
        ]}
      />
      <p class="centred">{w.until(moment(pass.notAfter, now.value))}</p>
    </>
  );
}

function Failed({ problem }: { readonly problem: NonNullable<SlipState["problem"]> }) {
  const { words } = useShell();
  const w = words.value.duty.slips;
  return (
    <Notice tone="bad">
      <p class="strong">{problem.title}</p>
      <ul>
        {problem.next.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <p>{w.tell}</p>
    </Notice>
  );
}

/** Larger than anything else: it is copied by hand, in the dark. */
function Waiting({ code }: { readonly code: string }) {
  const { words } = useShell();
  const w = words.value.duty.slips;
  return (
    <>
      <p class="slip-code">
        <span class="small">{w.code}</span>
        <strong>{code}</strong>
        <span>{w.write}</span>
      </p>
      <Notice tone="warn">{w.means}</Notice>
    </>
  );
}

function Asked({ slip }: { readonly slip: SlipState }) {
  const { desk, words, settings, now } = useShell();
  const language = settings.language.value;
  const { request } = slip;
  const w = words.value.duty;
  return (
    <>
      <p class="centred">
        <PlateMark plate={request.plate} colour={request.plateColour} size="large" />
      </p>
      <Facts
        pairs={[
          [w.issue.goods, request.goodsWords ?? goodsWords(desk.names.value, request.goods, language)],
          [w.issue.destination, areaWords(request.destination, language)],
          [w.issue.driver, [request.driverLast4, request.phone].filter((one) => one !== null).join(" · ")],
          [w.slips.code, `${slip.code} · ${moment(slip.madeAt, now.value)}`],
        ]}
      />
    </>
  );
}
