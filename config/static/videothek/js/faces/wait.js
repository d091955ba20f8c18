// A page that shows how far something is: asks for it, and loads itself anew once it is done.
const ASK_EVERY_MS = 700;
const waiting = document.querySelector("[data-wait]");
const since = waiting?.querySelector("[data-since]");
const began = Date.now();

async function ask() {
  const answer = await fetch(waiting.dataset.wait, { headers: { Accept: "application/json" } }).catch(() => null);
  if (since) since.textContent = Math.round((Date.now() - began) / 1000);
  if (answer?.ok) {
    const said = await answer.json();
    if ((said.state ?? said.status) !== "waiting") {
      location.reload();
      return;
    }
  }
  setTimeout(ask, answer ? ASK_EVERY_MS : 5 * ASK_EVERY_MS);
}

if (waiting) setTimeout(ask, ASK_EVERY_MS);
