// The order of a playlist: by dragging, by buttons, by Alt and the arrow keys. Places are told by neighbours.
import { did, send } from "./api.js";

const list = document.querySelector("#items[data-sorts]");

if (list) {
  const { api } = list.dataset;
  const rows = () => [...list.children];
  const reload = () => location.reload();
  const titleOf = (row) => row.querySelector("b").textContent;
  let writing = Promise.resolve();

  function put(row) {
    const after = row.previousElementSibling ? Number(row.previousElementSibling.dataset.video) : firstAfter();
    // One after the other: each move is told by what the one before it left.
    writing = writing.then(async () => {
      try {
        const said = await send("PATCH", `${api}${row.dataset.video}/`, { after });
        if (said.batch) did(`“${titleOf(row)}” is number ${rows().indexOf(row) + 1} here now.`, said.batch, reload);
      } catch (error) {
        did(`${error.message} The page shows the order again.`);
        setTimeout(reload, 1500);
      }
    });
  }

  // On a later part of a long list the top is behind what the part before ended with.
  const firstAfter = () => Number(list.dataset.before) || null;

  function move(row, by) {
    const neighbour = by < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!neighbour) return;
    if (by < 0) neighbour.before(row);
    else neighbour.after(row);
    put(row);
  }

  async function out(row) {
    try {
      const next = row.nextElementSibling ?? row.previousElementSibling;
      const said = await send("DELETE", `${api}${row.dataset.video}/`);
      const words = `“${titleOf(row)}” was taken out.`;
      row.remove();
      next?.querySelector("a").focus();
      did(words, said.batch, reload);
    } catch (error) {
      did(error.message);
    }
  }

  for (const row of rows()) row.querySelector(".moves").hidden = false;
  list.classList.add("sorts");
  list.addEventListener("click", (event) => {
    const row = event.target.closest("li");
    const mover = event.target.closest("[data-move]");
    if (mover) {
      move(row, Number(mover.dataset.move));
      mover.focus();
    } else if (event.target.closest("[data-out]")) {
      out(row);
    }
  });
  list.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    const row = event.target.closest("li");
    move(row, event.key === "ArrowUp" ? -1 : 1);
    event.target.focus();
  });

  const start = () =>
    window.Sortable.create(list, {
      handle: "[data-grip]",
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150,
      onEnd: ({ item, oldIndex, newIndex }) => {
        if (oldIndex !== newIndex) put(item);
      },
    });
  if (window.Sortable) start();
  else window.addEventListener("load", () => window.Sortable && start());
}
