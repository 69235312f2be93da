import { useSignal } from "@preact/signals";

import type { Judged } from "../../core/types";
import { Button, Page, TroubleNotice } from "../parts/frame";
import { isWholePlate, PlateKeys } from "../parts/keys";
import { LevelSign, PlateMark } from "../parts/marks";
import { PassFacts, Drivers } from "../parts/pass";
import { useShell } from "../shell";

/** White: what the pass says, and one question. The colour comes with the answer. */
export function Compare({ judged }: { readonly judged: Judged }) {
  const { encounter, words, route } = useShell();
  const typing = useSignal(false);
  const trouble = encounter.problem.value;
  const busy = encounter.busy.value;
  const w = words.value.car;
  const pass = judged.credential;
  if (typing.value) return <SeenPlate back={() => (typing.value = false)} />;
  const leave = (): void => {
    encounter.next();
    route.replace("scan");
  };
  return (
    <div class="verdict tone-white">
      <Page
        title={w.compare}
        back={leave}
        aside={<LevelSign tone="white" />}
        foot={
          <div class="pair">
            <Button kind="main" icon="check" disabled={busy} onClick={() => void encounter.compare("matches")}>
              {w.matches}
            </Button>
            <Button kind="loud" icon="x" disabled={busy} onClick={() => (typing.value = true)}>
              {w.differs}
            </Button>
          </div>
        }
      >
        {pass && <PlateMark plate={pass.plate} colour={pass.plateColour} size="huge" />}
        <p class="verdict-why">{w.compareHint}</p>
        {trouble && <TroubleNotice trouble={trouble} />}
        {pass && <Drivers pass={pass} />}
        {judged.means === "book" && <p class="remark">{w.notFromCode}</p>}
        {pass && <PassFacts pass={pass} />}
      </Page>
    </div>
  );
}

/** Which plate is on the truck, if the officer can tell: it names the second truck of a copied pass. */
function SeenPlate({ back }: { readonly back: () => void }) {
  const { encounter, words } = useShell();
  const plate = useSignal("");
  const busy = encounter.busy.value;
  const w = words.value.car;
  return (
    <Page
      title={w.differsTitle}
      back={back}
      foot={
        <div class="pair">
          <Button disabled={busy} onClick={() => void encounter.compare("differs", null)}>
            {w.differsSkip}
          </Button>
          <Button
            kind="main"
            disabled={busy || !isWholePlate(plate.value)}
            onClick={() => void encounter.compare("differs", plate.value)}
          >
            {w.differsSave}
          </Button>
        </div>
      }
    >
      <p class="small">{w.differsHint}</p>
      <PlateKeys value={plate.value} colour={null} onInput={(typed) => (plate.value = typed)} />
    </Page>
  );
}
