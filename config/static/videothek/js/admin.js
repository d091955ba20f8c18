// The room is dark unless someone chose otherwise. Unfold keeps its choice as JSON under "adminTheme" and falls back
// to the machine's; this runs before it starts.
if (localStorage.getItem("adminTheme") === null) {
  localStorage.setItem("adminTheme", JSON.stringify("dark"));
}

// A button in a list posts to its own address. Unfold's list form has the token; its select boxes go along unread.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button && button.dataset.once !== undefined) {
    // Disabled after the browser has read its form, so that a second press does nothing.
    setTimeout(() => { button.disabled = true; }, 0);
  }
});
