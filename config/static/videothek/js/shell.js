// What every page does: the theme's switch, and menus that close.
const KEY = "videothek-theme";
const light = matchMedia("(prefers-color-scheme: light)");
const buttons = document.querySelectorAll("[data-theme-wish]");

function wish() {
  try {
    return localStorage.getItem(KEY) || "dark";
  } catch {
    return "dark";
  }
}

function show() {
  const wanted = wish();
  const isLight = wanted === "light" || (wanted === "system" && light.matches);
  document.documentElement.dataset.theme = isLight ? "light" : "dark";
  for (const button of buttons) {
    button.setAttribute("aria-pressed", String(button.dataset.themeWish === wanted));
  }
}

for (const button of buttons) {
  button.addEventListener("click", () => {
    try {
      localStorage.setItem(KEY, button.dataset.themeWish);
    } catch {
      // Without storage the theme can't be kept.
    }
    show();
  });
}
light.addEventListener("change", show);
window.addEventListener("storage", show);
show();

// A menu closes by a press elsewhere and by Escape, which gives the focus back to its button.
document.addEventListener("pointerdown", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Paper is light, whatever the screen is.
const page = document.documentElement;
let onScreen = page.dataset.theme;
addEventListener("beforeprint", () => {
  onScreen = page.dataset.theme;
  page.dataset.theme = "light";
});
addEventListener("afterprint", () => {
  page.dataset.theme = onScreen;
});
