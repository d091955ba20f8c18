// A line of the list.
export class Row {
  constructor(list, name) {
    const template = document.querySelector("#upload-row");
    this.element = template.content.firstElementChild.cloneNode(true);
    this.element.querySelector("h2").textContent = name;
    this.name = name;
    this.state = "new";
    this.offset = 0;
    list.append(this.element);
  }

  get isBusy() {
    return !["done", "ended", "cancelled"].includes(this.state);
  }

  // `buttons` are pairs of words and an action; with `address` the name leads there.
  show(words, buttons, address = "") {
    const told = this.element.querySelector(".words");
    if (told.textContent !== words) told.textContent = words;
    if (address) {
      const link = document.createElement("a");
      link.className = "link";
      link.href = address;
      link.textContent = this.name;
      this.element.querySelector("h2").replaceChildren(link);
    }
    const place = this.element.querySelector(".do");
    const labels = buttons.map(([label]) => label).join();
    // The same buttons stay, or the focus would be lost with every piece.
    if (place.dataset.labels !== labels) {
      place.dataset.labels = labels;
      place.replaceChildren(
        ...buttons.map(([label], index) => {
          const button = document.createElement("button");
          button.type = "button";
          button.className = "btn";
          button.textContent = label;
          button.setAttribute("aria-label", `${label}: ${this.name}`);
          button.addEventListener("click", () => this.actions[index]());
          return button;
        }),
      );
    }
    this.actions = buttons.map(([, action]) => action);
    if (["sending", "waiting", "paused"].includes(this.state)) this.tone("");
  }

  bar(ratio) {
    this.element.querySelector("progress").value = Math.round(ratio * 1000);
  }

  tone(name) {
    this.element.dataset.tone = name;
  }

  end(tone, words) {
    this.state = "ended";
    this.tone(tone);
    this.show(words, [["Close", () => this.remove()]]);
  }

  remove() {
    this.state = "cancelled";
    this.element.remove();
  }
}
