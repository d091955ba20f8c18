// The field for a person, a studio or a tag: searches as one types, and makes what is missing.
import { ask, make } from "./api.js";
import { facts } from "./common.js";

const WAIT_MS = 100;
const KINDS = {
  tags: { one: "tag", label: "Tag" },
  people: { one: "person", label: "Person" },
  studios: { one: "studio", label: "Studio" },
};
const MOST = 8;

/** `take(kind, {id} or {name}, label)` is called with what was chosen. */
export function makePick(root, take) {
  const field = root.querySelector("input");
  const list = root.querySelector("[role=listbox]");
  const badge = root.querySelector("[data-kind]");
  const wished = field.placeholder;
  let kind = null;
  let options = [];
  let at = 0;
  let asked = 0;
  let timer = 0;
  // Enter before the names are there waits for them.
  let wantsFirst = false;

  function show(found, text) {
    options = found;
    at = 0;
    list.replaceChildren(
      ...found.map((one, index) => {
        const line = make("li", { role: "option", id: `t-option-${index}` });
        line.append(make("b", { textContent: one.isNew ? `Create “${one.label}”` : one.label }));
        line.append(make("small", { textContent: [KINDS[one.kind].label, one.detail].filter(Boolean).join(" · ") }));
        line.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          choose(index);
        });
        return line;
      }),
    );
    list.hidden = !found.length && !text;
    if (!found.length && text) list.append(make("li", { className: "v-muted", textContent: "Nothing is called that." }));
    field.setAttribute("aria-expanded", String(!list.hidden));
    mark();
  }

  function mark() {
    [...list.querySelectorAll("[role=option]")].forEach((line, index) => {
      line.setAttribute("aria-selected", String(index === at));
      if (index === at) line.scrollIntoView({ block: "nearest" });
    });
    if (options.length) field.setAttribute("aria-activedescendant", `t-option-${at}`);
    else field.removeAttribute("aria-activedescendant");
  }

  async function search() {
    const mine = (asked += 1);
    const text = field.value.trim();
    if (!text) {
      wantsFirst = false;
      list.hidden = true;
      return show([], "");
    }
    const kinds = kind ? [kind] : Object.keys(KINDS);
    let answers;
    try {
      answers = await Promise.all(kinds.map((one) => ask("GET", `${facts.api.names[one]}?q=${encodeURIComponent(text)}`)));
    } catch {
      wantsFirst = false;
      return show([], text);
    }
    if (mine !== asked) return;
    const same = (label) => label.trim().toLowerCase() === text.toLowerCase();
    const found = answers.flatMap((rows, index) =>
      rows.slice(0, kind ? MOST : 4).map((row) => ({ kind: kinds[index], id: row.value, label: row.label, detail: row.detail ?? "" })),
    );
    found.sort((one, other) => same(other.label) - same(one.label));
    const fresh = kinds
      .filter((one) => facts.mayCreate[one] && !found.some((row) => row.kind === one && same(row.label)))
      .map((one) => ({ kind: one, name: text, label: text, detail: "new", isNew: true }));
    show([...found, ...fresh], text);
    if (wantsFirst) {
      wantsFirst = false;
      if (options.length) choose(0);
    }
  }

  function choose(index) {
    const { kind: chosen, id, name, label } = options[index];
    clear();
    take(chosen, name === undefined ? { id } : { name }, label);
    field.focus();
  }

  function clear() {
    asked += 1;
    clearTimeout(timer);
    field.value = "";
    list.hidden = true;
    show([], "");
  }

  function leave() {
    clear();
    setKind(null);
    field.blur();
  }

  function setKind(wish) {
    kind = wish;
    badge.hidden = !kind;
    badge.textContent = kind ? KINDS[kind].label : "";
    field.placeholder = kind ? `Type a ${KINDS[kind].one} …` : wished;
  }

  field.addEventListener("input", () => {
    wantsFirst = false;
    // What stands there is of other words.
    options = [];
    asked += 1;
    clearTimeout(timer);
    timer = setTimeout(search, WAIT_MS);
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape" || (event.key === "Enter" && !field.value.trim())) {
      event.preventDefault();
      leave();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (options.length) choose(at);
      else {
        wantsFirst = true;
        clearTimeout(timer);
        search();
      }
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options.length) {
      event.preventDefault();
      at = (at + (event.key === "ArrowDown" ? 1 : options.length - 1)) % options.length;
      mark();
    } else if (event.key === "Backspace" && !field.value && kind) setKind(null);
  });
  field.addEventListener("blur", () => {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
  });

  return {
    open(wish) {
      setKind(wish);
      field.focus();
    },
    leave,
  };
}
