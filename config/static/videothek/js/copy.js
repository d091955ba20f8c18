// Buttons that copy a text of the page. Browsers allow it on HTTPS and on this machine only; elsewhere there is none.
for (const button of document.querySelectorAll("[data-copy]")) {
  const text = document.getElementById(button.dataset.copy);
  const said = document.querySelector("[data-copied]");
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent.trim());
      said.textContent = "Copied.";
    } catch {
      said.textContent = "Your browser doesn't allow it: select the token and copy it.";
    }
  });
}
