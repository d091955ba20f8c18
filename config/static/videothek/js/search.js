// The search box's suggestions with the keyboard, and the panel of filters.
const box = document.querySelector("#q");
const list = document.querySelector("#suggestions");
const panel = document.querySelector("#panel");
let chosen = -1;

const options = () => [...(list?.querySelectorAll("[role=option]") ?? [])];

function choose(index) {
  const all = options();
  chosen = all.length ? (index + all.length) % all.length : -1;
  for (const [at, option] of all.entries()) option.setAttribute("aria-selected", String(at === chosen));
  if (chosen >= 0) box.setAttribute("aria-activedescendant", all[chosen].id);
  else box.removeAttribute("aria-activedescendant");
}

function close() {
  list.replaceChildren();
  chosen = -1;
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
}

if (box && list) {
  list.addEventListener("htmx:afterSwap", () => {
    chosen = -1;
    if (document.activeElement !== box) close();
    else box.setAttribute("aria-expanded", String(options().length > 0));
  });
  box.addEventListener("keydown", (event) => {
    const all = options();
    if (event.key === "Escape" && all.length) {
      event.preventDefault();
      close();
    } else if (event.key === "ArrowDown" && all.length) {
      event.preventDefault();
      choose(chosen + 1);
    } else if (event.key === "ArrowUp" && all.length) {
      event.preventDefault();
      choose(chosen < 0 ? all.length - 1 : chosen - 1);
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      all[chosen].click();
    }
  });
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest?.("#search")) close();
  });
  document.addEventListener("focusin", (event) => {
    if (!event.target.closest?.("#search")) close();
  });
  // The form keeps the filter and the order of what is shown now.
  document.addEventListener("htmx:afterSwap", () => {
    const fresh = document.querySelector("#fresh-kept");
    const kept = document.querySelector("#kept");
    if (fresh && kept) kept.innerHTML = fresh.innerHTML;
  });
}

// Which fields an operator needs: one value, two, a number of days, or none.
function fit(form) {
  const operator = form.querySelector("[data-op]")?.value ?? "";
  const isDate = form.dataset.kind === "date";
  const hide = (selector, isHidden) => {
    for (const part of form.querySelectorAll(selector)) {
      part.hidden = isHidden;
      if ("disabled" in part) part.disabled = isHidden;
    }
  };
  hide("[data-value]", operator === "empty");
  hide("[data-second]", operator !== "between");
  hide("[data-days]", operator !== "last");
  hide("[data-day]", !isDate || operator === "last" || operator === "empty");
}

function prepare(root) {
  for (const form of root.querySelectorAll(".facet-form")) fit(form);
}

document.addEventListener("change", (event) => {
  const form = event.target.matches?.("[data-op]") && event.target.closest(".facet-form");
  if (form) fit(form);
});
// Fields that say nothing (a name that is typed but not ticked, an empty number) are no part of the address.
document.addEventListener("submit", (event) => {
  if (!event.target.matches?.(".facet-form")) return;
  const idle = [...event.target.querySelectorAll("[name=name], input[name^=value]:not([type=checkbox])")].filter(
    (input) => !input.disabled && (input.name === "name" || input.value === ""),
  );
  for (const input of idle) input.disabled = true;
  // Back shows the page as it was left.
  setTimeout(() => idle.forEach((input) => (input.disabled = false)));
});

if (panel) {
  panel.addEventListener("htmx:afterSwap", (event) => {
    if (event.target !== panel) return;
    prepare(panel);
    for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
    if (!panel.open) panel.showModal();
  });
  // A facet that opens offers its names at once; where there is a keyboard one can type on.
  panel.addEventListener("toggle", (event) => {
    if (!event.target.open || !event.target.matches("details")) return;
    const field = event.target.querySelector("[name=name]") || event.target.querySelector("input:not([type=hidden]), select");
    if (!field) return;
    if (matchMedia("(hover: hover)").matches) field.focus();
    else if (field.name === "name") field.dispatchEvent(new Event("focus"));
  }, true);
  panel.addEventListener("click", (event) => {
    if (event.target === panel) panel.close();
  });
}
prepare(document);
