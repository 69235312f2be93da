import { useShell } from "../shell";
import { countDown } from "../times";
import { Icon } from "./icons";
import { LevelSign } from "./marks";

/** The vehicle before, one tap away: to look again, or to undo in time. */
export function LastCar() {
  const { encounter, words, server, now } = useShell();
  const last = encounter.last.value;
  if (last === null) return null;
  void now.value;
  const plate = last.judged.credential?.plate ?? last.seenPlate ?? words.value.car.unread;
  const left = last.action === null ? 0 : encounter.undoLeft(last.action);
  return (
    <button type="button" class="last" onClick={() => encounter.reopen()}>
      <LevelSign tone={last.judged.verdict.level} />
      <span class="last-words">
        <span>{words.value.scan.last(plate)}</span>
        <span class="small">
          {last.action === null ? words.value.log.noAction : server.value.action[last.action.action]}
          {left > 0 && ` · ${words.value.act.undo(countDown(left))}`}
        </span>
      </span>
      <Icon name="next" />
      <span class="visually-hidden">{words.value.scan.lastOpen}</span>
    </button>
  );
}
