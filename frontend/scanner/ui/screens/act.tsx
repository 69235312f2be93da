import type { KeptAction } from "../../core/desk";
import type { Told } from "../encounter";
import { Button } from "../parts/frame";
import { useShell } from "../shell";
import { CHOICES, isWatched, standingOf } from "../standing";
import type { Choice } from "../standing";
import { countDown, timeOfDay } from "../times";

/** The foot of a verdict: what to do, then what was done. */
export function Foot({ told, ask }: { readonly told: Told; readonly ask: (choice: Choice) => void }) {
  if (told.scan === null) return <Next />;
  return told.action === null ? <Choices told={told} ask={ask} /> : <Done action={told.action} />;
}

function Choices({ told, ask }: { readonly told: Told; readonly ask: (choice: Choice) => void }) {
  const { encounter, words, server } = useShell();
  const { verdict } = told.judged;
  const busy = encounter.busy.value;
  const choose = (choice: Choice): void => {
    if (isWatched(verdict, choice)) ask(choice);
    else void encounter.act(choice, null);
  };
  return (
    <>
      {told.undone && (
        <p class="foot-words" role="status">
          {words.value.act.undone}
        </p>
      )}
      <div class="choices">
        {CHOICES.map((choice) => (
          <Button
            key={choice}
            kind={choice === "passed" && standingOf(verdict) !== "not_valid" ? "main" : "plain"}
            disabled={busy}
            onClick={() => choose(choice)}
          >
            {server.value.action[choice]}
          </Button>
        ))}
      </div>
    </>
  );
}

/** Without a plate nothing can be found again: the same vehicle can be recorded by its plate. */
export function ToNoPass() {
  const { encounter, words, route } = useShell();
  const leave = (): void => {
    encounter.next();
    route.replace("nopass");
  };
  return (
    <Button icon="noPass" onClick={leave}>
      {words.value.car.registerPlate}
    </Button>
  );
}

function Done({ action }: { readonly action: KeptAction }) {
  const { encounter, words, server, now } = useShell();
  void now.value;
  const left = encounter.undoLeft(action);
  const reasons: Readonly<Record<string, string>> = server.value.reason;
  const done = words.value.act.done(server.value.action[action.action], timeOfDay(action.at));
  return (
    <>
      <div class="foot-words" role="status">
        <p class="strong">{done}</p>
        {action.reason !== null && (
          <p class="small">
            {reasons[action.reason]}
            <br />
            {words.value.act.caseOpens}
          </p>
        )}
      </div>
      <Next />
      {left > 0 && (
        <Button kind="quiet" icon="undo" disabled={encounter.busy.value} onClick={() => void encounter.undo()}>
          {words.value.act.undo(countDown(left))}
        </Button>
      )}
    </>
  );
}

function Next() {
  const { words } = useShell();
  const next = useNext();
  return (
    <Button kind="main" icon="scan" onClick={next}>
      {words.value.car.nextScan}
    </Button>
  );
}

/** On to the next vehicle, whatever was or wasn't recorded of this one. */
export function useNext(): () => void {
  const { encounter, route } = useShell();
  return () => {
    encounter.next();
    route.replace("scan");
  };
}
