import { useSignal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { Trouble } from "../../core/desk";
import { troubleOf } from "../encounter";
import { StorageNotice } from "../parts/banners";
import { Button, Notice, Page, TroubleNotice } from "../parts/frame";
import { useShell } from "../shell";

/** Make this phone a device, by the code of the enrolment page: from its QR, or typed. */
export function Enrol() {
  const { desk, words, route } = useShell();
  const code = useSignal(route.enrolCode ?? "");
  const busy = useSignal(false);
  const trouble = useSignal<Trouble | null>(null);
  const tried = useRef(false);
  const standing = desk.standing.value;
  const w = words.value.duty.enrol;
  const enrol = async (): Promise<void> => {
    busy.value = true;
    trouble.value = null;
    try {
      await desk.enrol(code.value.trim());
      route.replace("scan");
    } catch (problem) {
      trouble.value = troubleOf(problem);
    } finally {
      busy.value = false;
    }
  };
  useEffect(() => {
    // A QR of the page is a decision already made; a phone that is a device is asked first.
    if (tried.current || route.enrolCode === null || standing.state === "enrolled") return;
    tried.current = true;
    void enrol();
  }, [standing.state]);
  if (busy.value) {
    return (
      <Page title={w.title}>
        <p role="status">{w.submitting}</p>
      </Page>
    );
  }
  if (standing.state === "enrolled" && trouble.value === null) return <Again name={standing.device.name} enrol={() => void enrol()} />;
  return <CodeForm code={code} trouble={trouble.value} enrol={() => void enrol()} />;
}

interface CodeFormProps {
  readonly code: Signal<string>;
  readonly trouble: Trouble | null;
  readonly enrol: () => void;
}

function CodeForm({ code, trouble, enrol }: CodeFormProps) {
  const { desk, words } = useShell();
  const w = words.value.duty.enrol;
  const empty = code.value.trim() === "";
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!empty) enrol();
  };
  const button = (
    <button type="submit" class="button button-main" disabled={empty}>
      <span>{w.submit}</span>
    </button>
  );
  return (
    <form onSubmit={submit}>
      <Page title={w.title} foot={button}>
        <PassAddress />
        <StorageNotice />
        <p>{w.lead}</p>
        {trouble && <TroubleNotice trouble={trouble} />}
        {!desk.sync.value.online && <Notice tone="warn">{w.offline}</Notice>}
        <CodeField code={code} />
        <section class="panel">
          <h2>{w.where}</h2>
          <p>{w.whereHint}</p>
          <p class="address">{`${location.host}/enrol`}</p>
          <a class="button button-plain" href="/enrol">
            {w.openPage}
          </a>
        </section>
      </Page>
    </form>
  );
}

function CodeField({ code }: { readonly code: Signal<string> }) {
  const { words } = useShell();
  const w = words.value.duty.enrol;
  return (
    <label class="field">
      <span>{w.code}</span>
      <input
        value={code.value}
        autoComplete="off"
        autoCapitalize="characters"
        spellcheck={false}
        onInput={(event) => (code.value = event.currentTarget.value)}
      />
      <span class="small quiet">{w.codeHint}</span>
    </label>
  );
}

/** A pass's address opened off line on a phone that is no device: nothing here could judge it. */
function PassAddress() {
  const { words } = useShell();
  const w = words.value.duty.enrol;
  if (!location.pathname.startsWith("/p/")) return null;
  return (
    <>
      <Notice tone="warn">{w.address}</Notice>
      <Button kind="main" icon="sync" onClick={() => location.reload()}>
        {w.addressRetry}
      </Button>
    </>
  );
}

function Again({ name, enrol }: { readonly name: string; readonly enrol: () => void }) {
  const { words, route } = useShell();
  const w = words.value.duty.enrol;
  const leave = (): void => route.replace("scan");
  if (route.enrolCode === null) {
    leave();
    return null;
  }
  return (
    <Page
      title={w.title}
      foot={
        <div class="pair">
          <Button onClick={leave}>{w.againNo}</Button>
          <Button kind="main" onClick={enrol}>
            {w.againYes}
          </Button>
        </div>
      }
    >
      <p>{w.again(name)}</p>
      <p class="quiet">{w.againHint}</p>
    </Page>
  );
}
