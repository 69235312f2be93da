import { Button, Page } from "../parts/frame";
import { Icon } from "../parts/icons";
import type { IconName } from "../parts/icons";
import { useShell } from "../shell";

type Asked = "camera" | "storage" | "sound" | "home";
const ASKED: readonly (readonly [Asked, IconName])[] = [
  ["camera", "camera"],
  ["storage", "store"],
  ["sound", "sound"],
  ["home", "home"],
];

/** Before the browser asks: what for. */
export function Introduction() {
  const { settings, words, sounds } = useShell();
  const w = words.value.duty.intro;
  const start = (): void => {
    sounds.wake();
    settings.introduced.value = true;
  };
  return (
    <Page
      title={w.title}
      foot={
        <Button kind="main" icon="scan" onClick={start}>
          {w.start}
        </Button>
      }
    >
      <p>{w.lead}</p>
      <ul class="asked">
        {ASKED.map(([name, icon]) => (
          <li key={name}>
            <Icon name={icon} />
            <span>
              <span class="strong">{w[name]}</span>
              <br />
              {w[`${name}Why`]}
            </span>
          </li>
        ))}
      </ul>
    </Page>
  );
}
