// The rows of the home page: buttons that scroll a row by what is seen of it, where there is more than is seen.
const calm = matchMedia("(prefers-reduced-motion: reduce)");

function watchRow(row) {
  const tiles = row.querySelector(".tiles");
  const steps = row.querySelector(".steps");
  const buttons = steps.querySelectorAll("[data-step]");

  function show() {
    const left = tiles.scrollWidth - tiles.clientWidth - tiles.scrollLeft;
    steps.hidden = tiles.scrollWidth <= tiles.clientWidth + 1;
    for (const button of buttons) {
      button.disabled = button.dataset.step === "1" ? left < 2 : tiles.scrollLeft < 2;
    }
  }

  for (const button of buttons) {
    button.addEventListener("click", () => {
      const by = tiles.clientWidth * 0.9 * Number(button.dataset.step);
      tiles.scrollBy({ left: by, behavior: calm.matches ? "auto" : "smooth" });
    });
  }
  tiles.addEventListener("scroll", show, { passive: true });
  new ResizeObserver(show).observe(tiles);
  show();
}

for (const row of document.querySelectorAll(".row")) watchRow(row);
