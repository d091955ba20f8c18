// Before the first paint: light or dark, as this browser was told here or as its system is.
(function (root) {
  var wish = null;
  try {
    wish = localStorage.getItem("videothek-theme");
  } catch (e) {}
  var follows = wish === null || wish === "system";
  var light = wish === "light" || (follows && matchMedia("(prefers-color-scheme: light)").matches);
  root.dataset.theme = light ? "light" : "dark";
})(document.documentElement);
