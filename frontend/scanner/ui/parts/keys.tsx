/** Keyboards for gloves: every key at least 56 pixels, and none that a plate can't have. */

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

import { parsePlate, isPlate } from "../../core/plates";
import { useShell } from "../shell";
import { Icon } from "./icons";
import { PlateMark } from "./marks";

/** Our own province and its neighbours first: most plates begin with one of these. */
const PROVINCES = [..."吉黑辽蒙冀京津鲁豫晋沪苏浙皖闽赣鄂湘粤桂琼渝川贵云藏陕甘青宁新使"];
const LETTERS = [..."ABCDEFGHJKLMNPQRSTUVWXYZ"];
const DIGITS = [..."1234567890"];
const SPECIALS = [..."挂学警港澳使领应急"];
const LONGEST = 8;

/** Whether a plate can be taken as it stands. */
export function isWholePlate(typed: string): boolean {
  return isPlate(parsePlate(typed));
}

/** Type a plate. The province characters come first, then letters and digits. */
export function PlateKeys({
  value,
  colour,
  aside,
  onInput,
}: {
  readonly value: string;
  readonly colour: number | null;
  /** Beside what was typed so far. */
  readonly aside?: ComponentChildren;
  readonly onInput: (plate: string) => void;
}) {
  const { words } = useShell();
  const typed = [...value];
  const add = (key: string): void => {
    if (typed.length < LONGEST) onInput(value + key);
  };
  const erase = (): void => onInput(typed.slice(0, -1).join(""));
  useHardwareKeys(value, onInput);
  const w = words.value.keys;
  const stage = typed.length === 0 ? w.province : typed.length === 1 && typed[0] !== "使" ? w.letterFirst : w.letters;
  return (
    <div class="keys-holder">
      <div class="keys-head">
        <div class="keys-shown" role="status" aria-label={value === "" ? w.empty : w.plateSoFar(value)}>
          {value === "" ? (
            <span class="keys-empty">{stage}</span>
          ) : (
            <PlateMark plate={value} colour={colour} size="large" />
          )}
        </div>
        {value !== "" && <EraseKey erase={erase} />}
        {aside}
      </div>
      {typed.length === 0 ? <Provinces add={add} /> : <Inner typed={typed} add={add} />}
    </div>
  );
}

function Provinces({ add }: { readonly add: (key: string) => void }) {
  const { words } = useShell();
  return (
    <div class="keys" role="group" aria-label={words.value.keys.province}>
      {PROVINCES.map((key) => (
        <Key key={key} text={key} add={add} />
      ))}
    </div>
  );
}

function EraseKey({ erase }: { readonly erase: () => void }) {
  const { words } = useShell();
  return (
    <button type="button" class="key key-erase" aria-label={words.value.keys.erase} onClick={erase}>
      <Icon name="erase" />
    </button>
  );
}

function Inner({ typed, add }: { readonly typed: readonly string[]; readonly add: (key: string) => void }) {
  const { words } = useShell();
  const second = typed.length === 1 && typed[0] !== "使";
  const full = typed.length >= LONGEST;
  // The last place alone takes 挂, 学 and the like, and 应急 takes the last two.
  const ends = typed.length >= LONGEST - 2;
  return (
    <div class="keys" role="group" aria-label={second ? words.value.keys.letterFirst : words.value.keys.letters}>
      {DIGITS.map((key) => (
        <Key key={key} text={key} add={add} off={second || full} />
      ))}
      {LETTERS.map((key) => (
        <Key key={key} text={key} add={add} off={full} />
      ))}
      {ends && !full && SPECIALS.map((key) => <Key key={key} text={key} add={add} />)}
    </div>
  );
}

function Key({ text, add, off = false }: { readonly text: string; readonly add: (key: string) => void; readonly off?: boolean }) {
  return (
    <button type="button" class="key" disabled={off} onClick={() => add(text)}>
      {text}
    </button>
  );
}

/** A keyboard that is plugged in, or a scanner gun, types too; Chinese input methods and pasting give the province. */
function useHardwareKeys(value: string, onInput: (plate: string) => void): void {
  useEffect(() => {
    const typed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement) return;
      const key = event.key.toUpperCase();
      const length = [...value].length;
      if (event.key === "Backspace") onInput([...value].slice(0, -1).join(""));
      else if (length < LONGEST && (length === 0 ? PROVINCES : [...LETTERS, ...DIGITS, ...SPECIALS]).includes(key)) {
        onInput(value + key);
      } else return;
      event.preventDefault();
    };
    const pasted = (event: ClipboardEvent): void => {
      const text = event.clipboardData?.getData("text") ?? "";
      const plate = parsePlate(text);
      if (isPlate(plate)) onInput(plate.text);
    };
    window.addEventListener("keydown", typed);
    window.addEventListener("paste", pasted);
    return () => {
      window.removeEventListener("keydown", typed);
      window.removeEventListener("paste", pasted);
    };
  }, [value, onInput]);
}

interface DigitKeysProps {
  readonly label: string;
  readonly value: string;
  readonly longest: number;
  readonly extra?: string;
  readonly onInput: (digits: string) => void;
}

/** Type digits into a field. `extra`: one more key, such as the X of an identity number. */
export function DigitKeys({ label, value, longest, extra, onInput }: DigitKeysProps) {
  const { words } = useShell();
  const add = (key: string): void => {
    if (value.length < longest) onInput(value + key);
  };
  return (
    <div class="keys-holder">
      <label class="digits-field">
        <span>{label}</span>
        <input
          class="digits"
          value={value}
          inputMode="none"
          autoComplete="off"
          maxLength={longest}
          onInput={(event) => onInput(event.currentTarget.value.trim().toUpperCase())}
        />
      </label>
      <div class="keys keys-digits" role="group" aria-label={words.value.keys.digit}>
        {DIGITS.slice(0, 9).map((key) => (
          <Key key={key} text={key} add={add} />
        ))}
        {extra === undefined ? <span /> : <Key text={extra} add={add} />}
        <Key text="0" add={add} />
        <EraseKey erase={() => onInput(value.slice(0, -1))} />
      </div>
    </div>
  );
}
