// One choice of theme for the web pages and the admin. The pages keep it as "videothek-theme" (dark, light or system;
// dark when nothing was chosen), Unfold as JSON in "adminTheme" (dark, light or auto). This runs before Unfold starts.
(() => {
  const toUnfold = { dark: "dark", light: "light", system: "auto" };
  const toPages = { dark: "dark", light: "light", auto: "system" };
  const root = document.documentElement;
  let chosen = null;
  try {
    chosen = localStorage.getItem("videothek-theme");
    localStorage.setItem("adminTheme", JSON.stringify(toUnfold[chosen] || "dark"));
  } catch (error) {
    // Without storage Unfold follows the machine.
  }
  const isLight = chosen === "light" || (chosen === "system" && matchMedia("(prefers-color-scheme: light)").matches);
  root.dataset.theme = isLight ? "light" : "dark";

  // Unfold shows its choice as a class; the tokens read the attribute.
  new MutationObserver(() => {
    const theme = root.classList.contains("dark") ? "dark" : "light";
    if (root.dataset.theme !== theme) root.dataset.theme = theme;
    try {
      const wish = toPages[JSON.parse(localStorage.getItem("adminTheme"))];
      if (wish && (chosen !== null || wish !== "dark")) localStorage.setItem("videothek-theme", wish);
    } catch (error) {
      // The choice holds for this page only.
    }
  }).observe(root, { attributes: true, attributeFilter: ["class"] });
})();

// One box for all boxes of its form.
document.addEventListener("change", (event) => {
  const box = event.target;
  if (!box.matches || !box.matches("[data-check-all]")) return;
  for (const one of box.form.querySelectorAll('input[type="checkbox"][name="id"]')) one.checked = box.checked;
});

// A second press on a button that posts does nothing: disabled once the browser has read its form.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button && "once" in button.dataset) setTimeout(() => { button.disabled = true; }, 0);
});

// Names for what Unfold and Django leave without one: the calendar's and the clock's links, fields in tables.
function nameThem() {
  for (const link of document.querySelectorAll('a[id^="calendarlink"], a[id^="clocklink"]')) {
    link.setAttribute("aria-label", link.id.startsWith("clock") ? "Choose a time" : "Choose a date");
  }
  for (const field of document.querySelectorAll("td[class*='field-'] :is(input, select, textarea):not([type=hidden])")) {
    const cell = field.closest("td");
    const name = cell.dataset.label || cell.className.match(/field-([a-z_]+)/)?.[1].replaceAll("_", " ");
    if (name && !field.labels?.length && !field.hasAttribute("aria-label")) field.setAttribute("aria-label", name);
  }
}
addEventListener("load", nameThem);
document.addEventListener("formset:added", nameThem);
// Short clips play while a pointer is on them, or after a press; whoever wants less motion presses.
const isCalm = matchMedia("(prefers-reduced-motion: reduce)");
const clipOf = (event) => event.target.closest?.("video[data-plays]");
document.addEventListener("pointerover", (event) => {
  if (!isCalm.matches) clipOf(event)?.play().catch(() => {});
});
document.addEventListener("pointerout", (event) => clipOf(event)?.pause());
document.addEventListener("click", (event) => clipOf(event)?.play().catch(() => {}));
