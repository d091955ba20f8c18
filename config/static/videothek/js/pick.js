// Chips with a field that suggests while one types. Everything listens at the document, so fields that arrive later
// (in a popover, in a new row of a form) work too. Ids and "new:Name" are posted by hidden fields inside the chips.
(() => {
  const WAIT_MS = 120;
  let timer = 0;
  let asked = 0;
  let made = 0;

  const boxOf = (target) => target.closest?.("[data-pick]");
  const listOf = (box) => box.querySelector(".v-pick-list");
  const textOf = (box) => box.querySelector(".v-pick-text");

  function close(box) {
    listOf(box)?.remove();
    textOf(box).setAttribute("aria-expanded", "false");
    textOf(box).removeAttribute("aria-activedescendant");
  }

  function chosen(box) {
    return new Set([...box.querySelectorAll("input[type=hidden]")].map((input) => input.value));
  }

  function add(box, value, text, color) {
    if (chosen(box).has(value)) return;
    if ("single" in box.dataset) box.querySelectorAll(".v-tag").forEach((chip) => chip.remove());
    const chip = document.createElement("span");
    chip.className = value.startsWith("new:") ? "v-tag v-new" : "v-tag";
    if (color) chip.style.setProperty("--tag", color);
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = box.dataset.name;
    input.value = value;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "×";
    button.setAttribute("aria-label", `Remove ${text}`);
    chip.append(input, text, button);
    textOf(box).before(chip);
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function take(box, option) {
    add(box, option.dataset.value, option.dataset.text, option.dataset.color);
    textOf(box).value = "";
    close(box);
    textOf(box).focus();
  }

  function mark(box, index) {
    const options = [...box.querySelectorAll("[role=option]")];
    options.forEach((option, at) => option.setAttribute("aria-selected", at === index ? "true" : "false"));
    if (options[index]) textOf(box).setAttribute("aria-activedescendant", options[index].id);
    options[index]?.scrollIntoView({ block: "nearest" });
  }

  function option(item, value) {
    const line = document.createElement("li");
    line.setAttribute("role", "option");
    line.id = `v-option-${(made += 1)}`;
    Object.assign(line.dataset, { value, text: item.text, color: item.color || "" });
    const name = document.createElement("b");
    if (item.color) name.style.setProperty("--tag", item.color);
    name.textContent = item.label || item.text;
    const more = document.createElement("small");
    more.textContent = [item.hint, item.count ? `${item.count.toLocaleString("en")} video${item.count === 1 ? "" : "s"}` : ""].filter(Boolean).join(" · ");
    line.append(name, more);
    return line;
  }

  async function suggest(box) {
    const mine = (asked += 1);
    const address = new URL(box.dataset.pick, location.href);
    address.searchParams.set("q", textOf(box).value.trim());
    if (box.dataset.not) address.searchParams.set("not", box.dataset.not);
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    if (mine !== asked || !response.ok || document.activeElement !== textOf(box)) return;
    const { results, create } = await response.json();
    close(box);
    const have = chosen(box);
    const list = document.createElement("ul");
    list.className = "v-pick-list";
    list.setAttribute("role", "listbox");
    results.filter((item) => !have.has(item.id)).forEach((item) => list.append(option(item, item.id)));
    if (create && !("existing" in box.dataset)) {
      list.append(option({ text: create, label: `Create “${create}”`, hint: `new ${box.dataset.one}` }, `new:${create}`));
    }
    if (!list.children.length) return;
    box.append(list);
    textOf(box).setAttribute("aria-expanded", "true");
    mark(box, 0);
  }

  document.addEventListener("input", (event) => {
    if (!event.target.matches?.(".v-pick-text")) return;
    clearTimeout(timer);
    const box = boxOf(event.target);
    timer = setTimeout(() => suggest(box), WAIT_MS);
  });

  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.(".v-pick-text")) return;
    const box = boxOf(event.target);
    const list = listOf(box);
    const options = list ? [...list.children] : [];
    const at = options.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!list) suggest(box);
      else mark(box, (at + (event.key === "ArrowDown" ? 1 : options.length - 1)) % options.length);
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && (list || event.target.value.trim())) {
      // Enter takes what is marked. In an empty field without a list it sends the form, as everywhere.
      event.preventDefault();
      if (options[at]) take(box, options[at]);
      else suggest(box);
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.target.form?.requestSubmit();
    } else if (event.key === "Escape" && list) {
      event.preventDefault();
      event.stopPropagation();
      close(box);
    } else if (event.key === "Backspace" && !event.target.value) {
      const chip = [...box.querySelectorAll(".v-tag")].pop();
      if (chip) {
        chip.remove();
        box.dispatchEvent(new Event("change", { bubbles: true }));
      }
    }
  }, true);

  // Before the field loses its focus, so that the list is still there.
  document.addEventListener("pointerdown", (event) => {
    const line = event.target.closest?.(".v-pick-list [role=option]");
    if (line) {
      event.preventDefault();
      take(boxOf(line), line);
      return;
    }
    document.querySelectorAll(".v-pick-list").forEach((list) => {
      if (boxOf(list) !== boxOf(event.target)) close(boxOf(list));
    });
  });

  document.addEventListener("click", (event) => {
    const box = boxOf(event.target);
    if (!box) return;
    if (event.target.matches(".v-tag button")) {
      event.target.closest(".v-tag").remove();
      box.dispatchEvent(new Event("change", { bubbles: true }));
      textOf(box).focus();
    } else if (event.target === box) {
      textOf(box).focus();
    }
  });

  // Where many are edited: names that are chosen are added unless somebody says otherwise, and none is none.
  document.addEventListener("change", (event) => {
    const box = event.target.closest?.("#bulk-form [data-pick]");
    const mode = box?.closest("form").elements[`${box.dataset.name}_mode`];
    if (!mode || (mode.value && !("itself" in mode.dataset))) return;
    mode.value = box.querySelector(".v-tag") ? "add" : "";
    mode.dataset.itself = "";
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("#bulk-form select")) delete event.target.dataset.itself;
  });

  document.addEventListener("focusout", (event) => {
    if (event.target.matches?.(".v-pick-text")) close(boxOf(event.target));
  });
})();
