/** Moments and spans in words. Every clock of the system shows Beijing time. */

import type { Language } from "./settings";

const ZONE = "Asia/Shanghai";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function parts(moment: number): Readonly<Record<string, string>> {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: ZONE,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  return Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
}

/** 04-16 17:00, with the year when it is not this one. */
export function moment(at: number, now: number): string {
  const { year, month, day, hour, minute } = parts(at);
  const short = `${month}-${day} ${hour}:${minute}`;
  return parts(now)["year"] === year ? short : `${year}-${short}`;
}

/** 17:00:03 */
export function timeOfDay(at: number): string {
  const { hour, minute, second } = parts(at);
  return `${hour}:${minute}:${second}`;
}

/** A span in the largest unit that says enough: 40 分钟, 3 小时, 4 天. */
export function span(milliseconds: number, language: Language): string {
  const [amount, unit] = inUnits(Math.max(0, milliseconds));
  const names = {
    zh: { minute: " 分钟", hour: " 小时", day: " 天" },
    en: { minute: " min", hour: " h", day: amount === 1 ? " day" : " days" },
  };
  return amount + names[language][unit];
}

function inUnits(milliseconds: number): [number, "minute" | "hour" | "day"] {
  if (milliseconds < HOUR) return [Math.floor(milliseconds / MINUTE), "minute"];
  return milliseconds < 2 * DAY ? [Math.floor(milliseconds / HOUR), "hour"] : [Math.floor(milliseconds / DAY), "day"];
}

/** How long ago: 刚刚, 3 小时前. */
export function ago(milliseconds: number, language: Language): string {
  if (milliseconds < MINUTE) return { zh: "刚刚", en: "just now" }[language];
  return { zh: `${span(milliseconds, "zh")}前`, en: `${span(milliseconds, "en")} ago` }[language];
}

/** 17:00:03 of today, 04-16 17:00 of any other day. */
export function timeOrDay(at: number, now: number): string {
  const [then, today] = [parts(at), parts(now)];
  const same = ["year", "month", "day"].every((part) => then[part] === today[part]);
  return same ? timeOfDay(at) : moment(at, now);
}

/** What is left of two minutes: 1:43. */
export function countDown(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
