// A photo that is dropped or pasted is looked at like one that was chosen.
const form = document.querySelector("#drop");
const input = form?.querySelector("[type=file]");

function take(files) {
  const picture = [...(files ?? [])].find((file) => file.type.startsWith("image/"));
  if (!picture) return false;
  const carrier = new DataTransfer();
  carrier.items.add(picture);
  input.files = carrier.files;
  form.requestSubmit();
  return true;
}

if (form) {
  input.addEventListener("change", () => {
    if (input.files.length) form.requestSubmit();
  });
  document.addEventListener("paste", (event) => {
    if (take(event.clipboardData?.files)) event.preventDefault();
  });
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => {
      if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
      event.preventDefault();
      form.classList.add("over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) form.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    take(event.dataTransfer?.files);
  });
  form.addEventListener("submit", () => {
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    button.textContent = "Sending …";
  });
}
