// What goes with the video, once the page is there; where it can't be fetched the link to its page stays.
const part = document.querySelector("[data-related]");

async function fill() {
  try {
    const answer = await fetch(part.dataset.related, { credentials: "same-origin" });
    if (!answer.ok) return;
    const rows = document.createElement("div");
    rows.innerHTML = await answer.text();
    part.querySelector("p").replaceWith(...rows.childNodes);
    document.querySelector("#player")?.player?.offerQueueing(part);
  } catch {
    // The link is there.
  }
}

if (part) {
  const begin = () => ("requestIdleCallback" in window ? requestIdleCallback(fill, { timeout: 2000 }) : fill());
  if (document.readyState === "complete") begin();
  else window.addEventListener("load", begin, { once: true });
}
