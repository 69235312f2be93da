import type { Signal } from "@preact/signals";

import type { Goods } from "../../core/trust";
import { Notice, Page } from "../parts/frame";
import { useShell } from "../shell";

/** What is carried, out of the trust list's catalogue: what was chosen last first, then by category. */
export function GoodsPicker({
  goods,
  done,
  back,
}: {
  readonly goods: Signal<number | null>;
  readonly done: () => void;
  readonly back: () => void;
}) {
  const { desk, words, settings } = useShell();
  const catalogue = desk.names.value?.goods;
  const w = words.value.duty.issue;
  const choose = (code: number): void => {
    goods.value = code;
    done();
  };
  const all = [...(catalogue ?? [])];
  const recent = settings.goods.value.flatMap((code) => all.filter(([one]) => one === code));
  const groups = grouped(all);
  return (
    <Page title={w.goods} back={back}>
      {all.length === 0 && <Notice tone="warn">{w.goodsNone}</Notice>}
      {recent.length > 0 && <h2>{w.recent}</h2>}
      <Choices among={recent} chosen={goods.value} choose={choose} />
      {groups.map((members) => (
        <section key={members[0]?.[0]} class="goods-group">
          <Choices among={members} chosen={goods.value} choose={choose} />
        </section>
      ))}
    </Page>
  );
}

type Entry = readonly [number, Goods];

/** The list says codes of categories only, so groups stand apart by a line and have no heading. */
function grouped(all: readonly Entry[]): readonly (readonly Entry[])[] {
  const groups = new Map<string, Entry[]>();
  for (const entry of all) groups.set(entry[1].category, [...(groups.get(entry[1].category) ?? []), entry]);
  return [...groups.values()];
}

function Choices({
  among,
  chosen,
  choose,
}: {
  readonly among: readonly Entry[];
  readonly chosen: number | null;
  readonly choose: (code: number) => void;
}) {
  const { settings } = useShell();
  return (
    <ul class="picks">
      {among.map(([code, { name }]) => (
        <li key={code}>
          <button type="button" class="pick" aria-pressed={chosen === code} onClick={() => choose(code)}>
            {name[settings.language.value]}
          </button>
        </li>
      ))}
    </ul>
  );
}
