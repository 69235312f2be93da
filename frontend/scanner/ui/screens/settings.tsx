import { Page } from "../parts/frame";
import { Facts, LevelSign } from "../parts/marks";
import { Segments } from "../parts/segments";
import type { Level } from "../../core/types";
import { useShell } from "../shell";
import { moment } from "../times";

const LEVELS: readonly Level[] = ["green", "amber", "red", "blue"];

declare const __APP_VERSION__: string | undefined;
const VERSION = typeof __APP_VERSION__ === "string" ? __APP_VERSION__ : "";

/** Language, day or night, sound and vibration of this phone. */
export function SettingsScreen() {
  const { settings, words, route } = useShell();
  const w = words.value.duty.settings;
  return (
    <Page title={w.title} back={() => route.go("more")}>
      <h2>{w.language}</h2>
      <Segments
        label={w.language}
        options={[
          ["zh", "中文"],
          ["en", "English"],
        ]}
        chosen={settings.language.value}
        choose={(language) => (settings.language.value = language)}
      />
      <h2>{w.theme}</h2>
      <Segments
        label={w.theme}
        options={[
          ["auto", w.auto],
          ["day", w.day],
          ["night", w.night],
        ]}
        chosen={settings.theme.value}
        choose={(theme) => (settings.theme.value = theme)}
      />
      <Switch label={w.sound} held={settings.sound} />
      <Switch label={w.vibration} held={settings.vibration} />
      <Tries />
      <About />
    </Page>
  );
}

function Switch({ label, held }: { readonly label: string; readonly held: { value: boolean } }) {
  const { words } = useShell();
  const w = words.value.duty.settings;
  return (
    <>
      <h2>{label}</h2>
      <Segments
        label={label}
        options={[
          ["on", w.on],
          ["off", w.off],
        ]}
        chosen={held.value ? "on" : "off"}
        choose={(chosen) => (held.value = chosen === "on")}
      />
    </>
  );
}

/** Hear and feel each verdict, so that it is known at night. */
function Tries() {
  const { words, server, sounds } = useShell();
  const w = words.value.duty.settings;
  return (
    <>
      <h2>{w.try}</h2>
      <p class="small quiet">{w.tryHint}</p>
      <div class="tries">
        {LEVELS.map((level) => (
          <button key={level} type="button" class={`try tone-${level}`} onClick={() => sounds.play(level)}>
            <LevelSign tone={level} />
            <span>{server.value.level[level]}</span>
          </button>
        ))}
      </div>
    </>
  );
}

function About() {
  const { desk, words, now } = useShell();
  const standing = desk.standing.value;
  const w = words.value.duty;
  if (standing.state !== "enrolled") return null;
  const { device } = standing;
  return (
    <>
      <h2>{w.settings.about}</h2>
      <p>
        {w.more.device(device.name, device.code)}
        <br />
        {w.more.expires(moment(device.expiresAt, now.value))}
      </p>
      <Facts pairs={[[w.settings.version, VERSION]]} />
    </>
  );
}
