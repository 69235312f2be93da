// What the tests share: a page with the words that the layout gives.

const WORDS = {
  areaLevels: ["省级", "地级", "县级"],
  areaChoose: "请选择",
  areaFailed: "区划没有取到",
  copied: "已复制",
  copyFailed: "没有复制成功",
  saving: "正在保存…",
  saved: "已保存 {time}",
  saveFailed: "没有保存",
  plateLetters: "没有字母 I 和 O",
  plateShape: "车牌号写法不对",
  rowRemove: "删除第 {row} 行",
  liveStale: "刷新暂停",
};

/** Puts `markup` on an empty page and returns its body. */
export function open(markup: string): HTMLElement {
  document.body.innerHTML = markup;
  document.body.dataset["words"] = JSON.stringify(WORDS);
  return document.body;
}

/** The one element that fits; a test with a wrong selector fails here. */
export function find<E extends Element = HTMLElement>(selector: string): E {
  const found = document.querySelector<E>(selector);
  if (!found) throw new Error(`nothing fits ${selector}`);
  return found;
}

/** Types into an input, as a person does: the value, then the event. */
export function type(input: HTMLInputElement, value: string): void {
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}
