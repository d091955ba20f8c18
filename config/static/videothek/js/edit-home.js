// The editor of the home page: rows are dragged, moved and removed here and kept by "Save". Without scripts the same
// buttons send the form.
const form = document.querySelector("#rows");
const list = document.querySelector("#sections");
const told = document.querySelector("#told");
const none = document.querySelector(".none");
let isChanged = false;

function nameOf(row) {
  const title = row.querySelector("[name=title]");
  return title.value || title.placeholder;
}

function tell(words) {
  isChanged = true;
  told.textContent = words;
}

function move(row, step) {
  const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  if (step < 0) other.before(row);
  else other.after(row);
  const place = [...list.children].indexOf(row) + 1;
  tell(`${nameOf(row)} is row ${place} of ${list.children.length}.`);
}

list.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move], [data-remove]");
  if (!button) return;
  event.preventDefault();
  const row = button.closest("li");
  if (button.dataset.move) {
    move(row, Number(button.dataset.move));
    button.focus();
    return;
  }
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  none.hidden = list.children.length > 0;
  tell(`${nameOf(row)} is removed; Save keeps it so.`);
  (next?.querySelector("[data-remove]") ?? form.querySelector(".primary")).focus();
});

// Alt and an arrow move the row that the focus is in.
list.addEventListener("keydown", (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const row = event.target.closest("li");
  if (!step || !event.altKey || !row) return;
  event.preventDefault();
  const focused = document.activeElement;
  move(row, step);
  focused.focus();
});

if (window.Sortable) {
  list.classList.add("drags");
  window.Sortable.create(list, {
    handle: ".handle",
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 140,
    ghostClass: "ghost",
    onEnd: (event) => {
      if (event.oldIndex === event.newIndex) return;
      tell(`${nameOf(event.item)} is row ${event.newIndex + 1} of ${list.children.length}.`);
    },
  });
}

list.addEventListener("input", () => {
  isChanged = true;
});
form.addEventListener("submit", () => {
  isChanged = false;
});
window.addEventListener("beforeunload", (event) => {
  if (isChanged) event.preventDefault();
});

// ---- adding a row -------------------------------------------------------------------------------------------------
const kind = document.querySelector("#new-type");

function showKind() {
  for (const part of document.querySelectorAll("[data-for]")) {
    part.hidden = part.dataset.for !== kind.value;
    for (const field of part.querySelectorAll("input, select")) field.disabled = part.hidden;
  }
}

if (kind) {
  kind.addEventListener("change", showKind);
  showKind();
}

for (const field of document.querySelectorAll("[data-names]")) {
  const ticks = field.closest("[data-for]").querySelector(".ticks");
  let timer = 0;
  let asked = 0;
  const look = async () => {
    const mine = ++asked;
    const answer = await fetch(`${field.dataset.names}&name=${encodeURIComponent(field.value)}`);
    if (!answer.ok || mine !== asked) return;
    ticks.innerHTML = await answer.text();
  };
  field.addEventListener("focus", () => ticks.children.length || look(), { once: true });
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 200);
  });
  // Enter chooses what is ticked, it doesn't save the page.
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    ticks.querySelector("input:checked")?.focus();
  });
}
