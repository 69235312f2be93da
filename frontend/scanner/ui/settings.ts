import { effect, signal } from "@preact/signals";
import type { Signal } from "@preact/signals";

/** What the screens speak. */
export type Language = "zh" | "en";
/** `auto` follows the phone. */
export type Theme = "auto" | "day" | "night";

/** How this phone shows things, and the choices made last; nothing of a vehicle or a driver. */
export interface Settings {
  readonly language: Signal<Language>;
  readonly theme: Signal<Theme>;
  readonly sound: Signal<boolean>;
  readonly vibration: Signal<boolean>;
  /** Names that took shifts over on this phone, newest first. */
  readonly officers: Signal<readonly string[]>;
  /** Codes of goods and of destinations of passes asked for here, newest first. */
  readonly goods: Signal<readonly number[]>;
  readonly destinations: Signal<readonly string[]>;
  /** The permissions of the first start were explained. */
  readonly introduced: Signal<boolean>;
}

type Kept = { readonly [Name in keyof Settings]: Settings[Name]["value"] };

const NAME = "changtong.screen";
const MOST_REMEMBERED = 6;

/** The settings as kept in this browser; every change is kept at once. */
export function openSettings(storage: Storage | null = browserStorage()): Settings {
  const kept = readKept(storage);
  const settings: Settings = {
    language: signal(kept.language ?? browserLanguage()),
    theme: signal(kept.theme ?? "auto"),
    sound: signal(kept.sound ?? true),
    vibration: signal(kept.vibration ?? true),
    officers: signal(kept.officers ?? []),
    goods: signal(kept.goods ?? []),
    destinations: signal(kept.destinations ?? []),
    introduced: signal(kept.introduced ?? false),
  };
  effect(() => {
    const values = Object.entries(settings).map(([name, held]: [string, Signal<unknown>]) => [name, held.value]);
    writeKept(storage, JSON.stringify(Object.fromEntries(values)));
  });
  return settings;
}

/** Put a choice first in what is remembered of its kind. */
export function remember<T>(list: Signal<readonly T[]>, chosen: T): void {
  list.value = [chosen, ...list.value.filter((one) => one !== chosen)].slice(0, MOST_REMEMBERED);
}

/** A phone that is no device any more keeps no names and no destinations. */
export function forgetChoices(settings: Settings): void {
  settings.officers.value = [];
  settings.goods.value = [];
  settings.destinations.value = [];
}

function browserStorage(): Storage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    // Some browsers forbid even the look at it; settings then last as long as the page.
    return null;
  }
}

function browserLanguage(): Language {
  return globalThis.navigator?.language?.toLowerCase().startsWith("zh") === false ? "en" : "zh";
}

function readKept(storage: Storage | null): Partial<Kept> {
  try {
    const kept: unknown = JSON.parse(storage?.getItem(NAME) ?? "{}");
    return typeof kept === "object" && kept !== null ? checked(kept as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function checked(kept: Record<string, unknown>): Partial<Kept> {
  const texts = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((one) => typeof one === "string");
  const numbers = (value: unknown): value is number[] =>
    Array.isArray(value) && value.every((one) => typeof one === "number");
  const { language, theme, sound, vibration, officers, goods, destinations, introduced } = kept;
  return {
    ...(language === "zh" || language === "en" ? { language } : {}),
    ...(theme === "auto" || theme === "day" || theme === "night" ? { theme } : {}),
    ...(typeof sound === "boolean" ? { sound } : {}),
    ...(typeof vibration === "boolean" ? { vibration } : {}),
    ...(typeof introduced === "boolean" ? { introduced } : {}),
    ...(texts(officers) ? { officers } : {}),
    ...(numbers(goods) ? { goods } : {}),
    ...(texts(destinations) ? { destinations } : {}),
  };
}

function writeKept(storage: Storage | null, text: string): void {
  try {
    storage?.setItem(NAME, text);
  } catch {
    // A full or forbidden store: the settings last as long as the page, the desk tells of the storage itself.
  }
}
