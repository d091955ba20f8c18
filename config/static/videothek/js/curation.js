// The list of videos in the admin: storyboard strips, editing in the row, and the keyboard.
(() => {
  const TILES = 6;

  // ---- Strips: tiles of the sprite, drawn once the row is near the window ----------------------------------------
  function place(element, board, index) {
    const { columns, rows } = board;
    const column = index % columns;
    const row = Math.floor(index / columns);
    element.style.backgroundPosition = `${columns > 1 ? (column / (columns - 1)) * 100 : 0}% ${rows > 1 ? (row / (rows - 1)) * 100 : 0}%`;
  }

  function boardOf(strip) {
    const { sprite, count, columns, rows, ratio } = strip.dataset;
    return { sprite, ratio, count: Number(count), columns: Number(columns), rows: Number(rows) };
  }

  function paint(element, board) {
    element.style.backgroundImage = `url("${board.sprite}")`;
    element.style.backgroundSize = `${board.columns * 100}% ${board.rows * 100}%`;
    element.style.aspectRatio = board.ratio;
  }

  function draw(strip) {
    const board = boardOf(strip);
    const shown = Math.min(TILES, board.count);
    for (let tile = 0; tile < shown; tile += 1) {
      const piece = document.createElement("i");
      paint(piece, board);
      place(piece, board, Math.floor(((tile + 0.5) * board.count) / shown));
      strip.append(piece);
    }
  }

  const seen = new IntersectionObserver((entries) => {
    entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
      seen.unobserve(entry.target);
      draw(entry.target);
    });
  }, { rootMargin: "200px" });

  document.addEventListener("pointermove", (event) => {
    const film = event.target.closest?.(".v-film");
    document.querySelectorAll(".v-film .v-frame").forEach((frame) => {
      if (frame.parentElement !== film?.querySelector(".v-screen")) frame.remove();
    });
    const strip = film?.querySelector(".v-strip");
    if (!strip) return;
    const board = boardOf(strip);
    const screen = film.querySelector(".v-screen");
    let frame = screen.querySelector(".v-frame");
    if (!frame) {
      frame = document.createElement("span");
      frame.className = "v-frame";
      paint(frame, board);
      screen.append(frame);
    }
    const area = (event.target.closest(".v-strip") || screen).getBoundingClientRect();
    const part = Math.min(Math.max((event.clientX - area.left) / area.width, 0), 0.999);
    place(frame, board, Math.floor(part * board.count));
  });

  // ---- Editing in the row -------------------------------------------------------------------------------------------
  let opener = null;

  function popover() {
    let element = document.getElementById("v-pop");
    if (!element) {
      element = document.createElement("div");
      element.id = "v-pop";
      element.setAttribute("role", "dialog");
      element.setAttribute("aria-label", "Edit");
      document.body.append(element);
    }
    return element;
  }

  function shut() {
    const element = document.getElementById("v-pop");
    if (!element?.classList.contains("v-open")) return false;
    element.classList.remove("v-open");
    element.replaceChildren();
    const row = opener?.closest("tr");
    (row?.isConnected ? row : document.body).focus({ preventScroll: true });
    opener = null;
    return true;
  }

  async function edit(button) {
    if (!button) return;
    opener = button;
    const element = popover();
    await window.htmx.ajax("GET", button.dataset.edit, { target: element, swap: "innerHTML" });
    const box = button.getBoundingClientRect();
    element.classList.add("v-open");
    const width = element.offsetWidth;
    element.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - width - 8))}px`;
    const below = window.innerHeight - box.bottom;
    element.style.top = `${Math.max(8, below > element.offsetHeight + 12 ? box.bottom + 4 : box.top - element.offsetHeight - 4)}px`;
    const first = element.querySelector(".v-pick-text, input[type=text], select");
    first?.focus();
    first?.select?.();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-edit]");
    if (button) {
      event.preventDefault();
      edit(button);
    } else if (event.target.closest?.("[data-shut]")) {
      shut();
    } else if (!event.target.closest?.("#v-pop") && event.target.isConnected) {
      shut();
    }
  });

  // What was saved is told with its undo button, without leaving the list.
  document.addEventListener("v-saved", async () => {
    shut();
    const home = document.querySelector("[data-told]");
    if (!home) return;
    await window.htmx.ajax("GET", home.dataset.told, { target: "#v-told", swap: "innerHTML" });
  });

  // ---- The keyboard -------------------------------------------------------------------------------------------------
  const rows = () => [...document.querySelectorAll("#result_list tbody tr.data-row")];
  const current = () => document.activeElement?.closest?.("#result_list tr.data-row");

  function go(step) {
    const all = rows();
    const at = all.indexOf(current());
    const next = all[at === -1 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)];
    if (!next) return;
    next.tabIndex = -1;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }

  function run(name) {
    const row = current();
    const anyChosen = document.querySelector("#result_list input.action-select:checked");
    if (!anyChosen) row?.querySelector("input.action-select:not(:checked)")?.click();
    const select = document.querySelector("#changelist-form select[name=action]");
    if (!select || !document.querySelector("#result_list input.action-select:checked")) return;
    if (![...select.options].some((one) => one.value === name)) return;
    select.value = name;
    select.form.requestSubmit();
  }

  const KEYS = {
    j: () => go(1),
    k: () => go(-1),
    x: () => current()?.querySelector("input.action-select")?.click(),
    Enter: () => current()?.querySelector("a[data-open]")?.click(),
    e: () => edit(current()?.querySelector("[data-part=tags]")),
    p: () => edit(current()?.querySelector("[data-part=people]")),
    s: () => edit(current()?.querySelector("[data-part=studios]")),
    r: () => edit(current()?.querySelector("[data-part=title]")),
    t: () => run("trash"),
    b: () => run("edit_many"),
    u: () => document.querySelector(".v-said form button")?.click(),
    "/": () => document.getElementById("searchbar")?.focus(),
    "?": () => document.getElementById("v-keys")?.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && shut()) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open], #v-pop.v-open")) return;
    if (event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
    if (event.key === "Enter" && event.target.closest?.("a, button")) return;
    const does = KEYS[event.key];
    if (!does || !document.querySelector("[data-told]")) return;
    event.preventDefault();
    does();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-keys-open]")) document.getElementById("v-keys").showModal();
  });

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".v-strip[data-sprite]").forEach((strip) => seen.observe(strip));
  });
})();
