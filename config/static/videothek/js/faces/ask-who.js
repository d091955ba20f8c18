// "Who is it?": people by their names and other names while one types; somebody new where nobody is meant.
import { send } from "./desk.js";

const WAIT_MS = 120;
const MOST = 8;

const dialog = document.querySelector("[data-who]");
const field = dialog.querySelector("input[role=combobox]");
const list = dialog.querySelector("ul");
let settle = null;
let timer = 0;
let asked = 0;

const options = () => [...list.querySelectorAll("[role=option]")];

function mark(index) {
  options().forEach((option, at) => option.setAttribute("aria-selected", at === index ? "true" : "false"));
  const chosen = options()[index];
  if (chosen) {
    field.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  } else field.removeAttribute("aria-activedescendant");
}

function offer(who, label, detail, picture) {
  const option = document.createElement("li");
  option.setAttribute("role", "option");
  option.id = `who-${list.children.length}`;
  option.who = who;
  if (picture) {
    const image = document.createElement("img");
    Object.assign(image, { className: "f-round", src: picture, alt: "", width: 34, height: 34 });
    option.append(image);
  }
  const text = document.createElement("span");
  const name = document.createElement("b");
  name.textContent = label;
  const more = document.createElement("small");
  more.textContent = detail;
  text.append(name, more);
  option.append(text);
  list.append(option);
}

async function suggest() {
  const mine = (asked += 1);
  const typed = field.value.trim();
  const address = new URL("/api/v1/people/", location.href);
  address.searchParams.set("limit", MOST);
  address.searchParams.set("sort", "most");
  if (typed) address.searchParams.set("q", typed);
  let people;
  try {
    people = (await send("GET", address)).results;
  } catch (error) {
    list.replaceChildren(Object.assign(document.createElement("li"), { className: "f-nobody", textContent: error.message }));
    return;
  }
  if (mine !== asked || !dialog.open) return;
  list.replaceChildren();
  const low = typed.toLowerCase();
  // Names that begin with it before those that have it somewhere.
  people.sort((one, other) => other.name.toLowerCase().startsWith(low) - one.name.toLowerCase().startsWith(low));
  for (const person of people) {
    const isOther = typed && !person.name.toLowerCase().includes(low);
    const videos = `${person.video_count.toLocaleString("en")} video${person.video_count === 1 ? "" : "s"}`;
    const detail = [person.disambiguation, isOther && "by another name", videos].filter(Boolean).join(" · ");
    offer({ person: person.id, label: person.name }, person.name, detail, person.picture);
  }
  const isThere = people.some((person) => person.name.toLowerCase() === low);
  if (typed && !isThere && "create" in dialog.dataset) offer({ name: typed, label: typed }, `Create “${typed}”`, "somebody new");
  if (!list.children.length) {
    list.append(Object.assign(document.createElement("li"), { className: "f-nobody", textContent: "Nobody of that name." }));
  }
  mark(0);
}

function close(who) {
  asked += 1;
  clearTimeout(timer);
  const done = settle;
  settle = null;
  if (dialog.open) dialog.close();
  done?.(who);
}

field.addEventListener("input", () => {
  clearTimeout(timer);
  // An answer that is still on its way is about what was typed before, too.
  asked += 1;
  // What is marked belongs to what was typed before.
  list.replaceChildren();
  timer = setTimeout(suggest, WAIT_MS);
});

let isWaiting = false;
field.addEventListener("keydown", async (event) => {
  const all = options();
  const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (all.length) mark((at + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length);
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (isWaiting) return;
    if (!all.length) {
      // Faster than the answer: it is waited for, so that Enter takes what is meant.
      isWaiting = true;
      clearTimeout(timer);
      await suggest();
      isWaiting = false;
    }
    const chosen = options().find((one) => one.getAttribute("aria-selected") === "true");
    if (chosen) close(chosen.who);
  }
});

list.addEventListener("pointerdown", (event) => event.preventDefault());
list.addEventListener("click", (event) => {
  const option = event.target.closest("[role=option]");
  if (option) close(option.who);
});
dialog.querySelector("[data-cancel]").addEventListener("click", () => close(null));
dialog.addEventListener("close", () => close(null));

/** {person | name, label}, or null when it is left. */
export function askWho(title) {
  dialog.querySelector("[data-title]").textContent = title;
  field.value = "";
  list.replaceChildren();
  dialog.showModal();
  field.focus();
  suggest();
  return new Promise((resolve) => {
    settle = resolve;
  });
}

export const asBody = (who) => (who.person ? { person: who.person } : { name: who.name });
