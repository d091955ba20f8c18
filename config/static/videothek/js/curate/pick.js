// Choosing tags: chips with their ids, and a field that finds more by the beginning of a name.
import { piece } from "./api.js";

/** Makes a field of it. `names` is the address that finds; the chips' ids are read by `ids()` or sent with the form. */
export function makePick(root, names) {
  const [picked, text, found] = ["[data-picked]", "[data-pick-text]", "[data-found]"].map((one) => root.querySelector(one));
  let timer = 0;
  let asked = 0;

  const ids = () => [...picked.querySelectorAll("input")].map((one) => Number(one.value));

  function add(id, name) {
    if (ids().includes(Number(id))) return;
    const chip = document.createElement("span");
    chip.className = "chip";
    chip.append(name);
    const value = Object.assign(document.createElement("input"), { type: "hidden", name: "tag", value: id });
    const off = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    off.dataset.unpick = "";
    off.setAttribute("aria-label", `Without ${name}`);
    chip.append(value, off);
    picked.append(chip);
    root.dispatchEvent(new CustomEvent("picked", { bubbles: true }));
  }

  async function look() {
    const mine = (asked += 1);
    const name = text.value.trim();
    const html = name ? await piece(`${names}?${new URLSearchParams({ facet: "tag", name })}`) : "";
    if (mine === asked) found.innerHTML = html;
  }

  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 200);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    found.querySelector("input:not(:checked)")?.click();
  });
  found.addEventListener("change", (event) => {
    add(event.target.value, event.target.closest("label").querySelector(".word").textContent);
    text.value = "";
    found.replaceChildren();
    text.focus();
  });
  picked.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-unpick]")?.closest(".chip");
    if (!chip) return;
    chip.remove();
    root.dispatchEvent(new CustomEvent("picked", { bubbles: true }));
    text.focus();
  });
  return { ids, add, clear: () => { picked.replaceChildren(); found.replaceChildren(); text.value = ""; } };
}
