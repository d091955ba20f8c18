// How much each queue holds: counted after the page is there, since it may have to look at every video.
import { ask } from "./api.js";

const page = document.querySelector("[data-queues]");

async function count() {
  const queues = await ask("GET", page.dataset.queues).catch(() => []);
  for (const { key, count: number, is_exact: isExact } of queues) {
    const row = page.querySelector(`[data-queue="${CSS.escape(key)}"]`);
    if (!row) continue;
    // Nothing is offered where there is nothing to do; the queue's name still leads to it.
    for (const offer of row.querySelectorAll("[data-offer]")) offer.hidden = !number;
    row.querySelector("[data-count]").textContent = number ? `${number.toLocaleString("en")}${isExact ? "" : "+"}` : "none";
    row.classList.toggle("t-done", !number);
  }
}

page.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-reset]");
  if (!button) return;
  button.disabled = true;
  await ask("POST", button.dataset.reset, { is_forgotten: true }).catch(() => null);
  location.reload();
});

count();
