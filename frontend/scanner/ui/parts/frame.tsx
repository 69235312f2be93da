/** The parts screens are built of: heads, sheets, buttons, notices. */

import { useEffect, useRef } from "preact/hooks";
import type { ComponentChildren } from "preact";

import type { Trouble } from "../../core/desk";
import type { Shell } from "../shell";
import { useShell } from "../shell";
import { Icon } from "./icons";
import type { IconName } from "./icons";

/** A screen with its heading; the heading is where a screen reader begins. `back`: what the arrow does. */
export function Page({
  title,
  back,
  backLabel,
  aside,
  foot,
  children,
}: {
  readonly title: string;
  readonly back?: () => void;
  /** What going back means, where it means more than that. */
  readonly backLabel?: string;
  readonly aside?: ComponentChildren;
  /** Stays at the bottom while the rest scrolls. */
  readonly foot?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [title]);
  return (
    <main class="page">
      <header class="page-head">
        {back && <BackButton label={backLabel} onClick={back} />}
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {aside}
      </header>
      <div class="page-body">{children}</div>
      {foot !== undefined && <div class="page-foot">{foot}</div>}
    </main>
  );
}

function BackButton({ label, onClick }: { readonly label: string | undefined; readonly onClick: () => void }) {
  const { words } = useShell();
  return (
    <button type="button" class="button-bare" aria-label={label ?? words.value.back} onClick={onClick}>
      <Icon name="back" />
    </button>
  );
}

/** A wide button. Kinds: main (the one thing to do), plain, loud (something weighty), quiet. */
export function Button({
  kind = "plain",
  icon,
  disabled = false,
  pressed,
  onClick,
  children,
}: {
  readonly kind?: "main" | "plain" | "loud" | "quiet";
  readonly icon?: IconName;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}) {
  return (
    <button
      type="button"
      class={`button button-${kind}`}
      disabled={disabled}
      {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
      onClick={onClick}
    >
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

/** A line that tells something; `bad` and `warn` are read out at once. */
export function Notice({
  tone,
  children,
  action,
}: {
  readonly tone: "info" | "good" | "warn" | "bad";
  readonly children: ComponentChildren;
  readonly action?: ComponentChildren;
}) {
  return (
    <div class={`notice notice-${tone}`} role={tone === "bad" || tone === "warn" ? "alert" : "status"}>
      <Icon name={tone === "info" ? "info" : tone === "good" ? "check" : "alert"} />
      <div class="notice-words">{children}</div>
      {action}
    </div>
  );
}

/** What went wrong, in the words of the phone or of the server, with the code for whoever is asked for help. */
export function TroubleNotice({ trouble }: { readonly trouble: Trouble }) {
  const shell = useShell();
  const told = troubleWords(shell, trouble.code);
  return (
    <Notice tone="bad">
      <p>{told ?? shell.words.value.trouble["unexpected"]}</p>
      {told === null && <p class="small">{shell.words.value.troubleCode(trouble.code)}</p>}
    </Notice>
  );
}

/** Words of a problem code, null when there are none. */
export function troubleWords({ words, server }: Shell, code: string): string | null {
  const own = words.value.trouble[code];
  if (own !== undefined) return own;
  const problems: Readonly<Record<string, { readonly what: string }>> = server.value.problem;
  const fields: Readonly<Record<string, string>> = server.value.field;
  return problems[code]?.what ?? fields[code] ?? null;
}

interface EmptyProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children: ComponentChildren;
}

/** Nothing is here, and what to do about it. */
export function Empty({ icon, title, children }: EmptyProps) {
  return (
    <div class="empty">
      <Icon name={icon} big />
      <p class="strong">{title}</p>
      <p>{children}</p>
    </div>
  );
}
