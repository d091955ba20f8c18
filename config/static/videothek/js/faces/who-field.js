// A field that finds a person by a part of their name, or makes a new one.
import { send } from "../curate/api.js";
import { make } from "../player/player.js";

const WAIT_MS = 150;
const MOST = 8;
let made = 0;

/** The field. `chosen` is called with {person} (a public id) or {name} (somebody new), and the name to be told. */
export function whoField({ label, mayMake, chosen, value = "" }) {
  const id = `who-${(made += 1)}`;
  const input = make("input", {
    id, type: "text", role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false",
    "aria-controls": `${id}-list`, maxlength: "200", placeholder: "Name", value, enterkeyhint: "done",
  });
  const list = make("ul", { id: `${id}-list`, role: "listbox", "aria-label": "People", hidden: true });
  const root = make("div", { class: "who-field" }, make("label", { for: id }, label), input, list);
  let options = [];
  let at = 0;
  let timer = 0;
  let asked = 0;
  let shownFor = null;

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(index) {
    at = (index + options.length) % Math.max(options.length, 1);
    [...list.children].forEach((line, number) => line.setAttribute("aria-selected", String(number === at)));
    if (options[at]) input.setAttribute("aria-activedescendant", `${id}-${at}`);
    list.children[at]?.scrollIntoView({ block: "nearest" });
  }

  function take(option) {
    if (!option) return;
    close();
    asked += 1;
    chosen(option.id ? { person: option.id } : { name: option.name }, option.name);
  }

  function show() {
    list.replaceChildren(
      ...options.map((option, number) =>
        make(
          "li",
          {
            id: `${id}-${number}`, role: "option", "aria-selected": "false",
            onpointerdown: (event) => { event.preventDefault(); take(option); },
          },
          option.id && option.picture ? make("img", { src: option.picture, alt: "" }) : make("i", { "aria-hidden": "true" }, option.id ? option.name.slice(0, 1) : "+"),
          make("b", {}, option.id ? option.name : `Create “${option.name}”`),
          make("small", {}, option.id ? [option.disambiguation, `${option.video_count} video${option.video_count === 1 ? "" : "s"}`].filter(Boolean).join(" · ") : "somebody new"),
        ),
      ),
    );
    list.hidden = !options.length;
    input.setAttribute("aria-expanded", String(!!options.length));
    if (options.length) mark(0);
  }

  async function look() {
    const mine = (asked += 1);
    const text = input.value.trim();
    if (!text) {
      options = [];
      show();
      return [];
    }
    const found = await send("GET", `/api/v1/people/?${new URLSearchParams({ q: text, limit: MOST, sort: "most" })}`).catch(() => ({ results: [] }));
    if (mine !== asked) return null;
    const same = (name) => name.trim().toLowerCase() === text.toLowerCase();
    // Whoever is called exactly that comes first.
    options = [...found.results].sort((a, b) => same(b.name) - same(a.name));
    if (mayMake && !options.some((one) => same(one.name))) options.push({ id: null, name: text });
    shownFor = text;
    show();
    return options;
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    // An answer that is still on its way is about what was typed before.
    asked += 1;
    timer = setTimeout(look, WAIT_MS);
  });
  input.addEventListener("keydown", async (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) await look();
      else mark(at + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      clearTimeout(timer);
      // Typed faster than the answer came: what is marked is not what was typed.
      if (list.hidden || shownFor !== input.value.trim()) await look();
      take(options[at]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  });
  input.addEventListener("blur", close);
  return { root, input, focus: () => { input.focus(); input.select(); } };
}
