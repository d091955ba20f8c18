// Videos side by side: one slider scrubs all storyboards, keys press the buttons. And the order of the rules.
(() => {
  const TILE_PX = 72;
  const clock = (seconds) => {
    const whole = Math.max(0, Math.round(seconds));
    const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    if (!parts[0]) parts.shift();
    return parts.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
  };

  class Strip {
    constructor(root) {
      this.root = root;
      const { columns, rows, count, width, height, interval, seconds, begin, end } = root.dataset;
      Object.assign(this, { columns: +columns, rows: +rows, count: +count, interval: +interval });
      this.seconds = +seconds || this.count * this.interval;
      this.begin = begin === undefined ? null : +begin;
      this.end = end === undefined ? null : +end;
      this.at = root.querySelector("[data-at]");
      this.time = root.querySelector("[data-time]");
      this.tiles = root.querySelector("[data-tiles]");
      this.at.style.aspectRatio = `${width} / ${height}`;
      this.draw(this.at, 0);
      const shown = Math.min(Math.max(3, Math.round(this.tiles.clientWidth / TILE_PX)), this.count);
      for (let index = 0; index < shown; index += 1) {
        const tile = document.createElement("i");
        tile.style.aspectRatio = `${width} / ${height}`;
        this.tiles.append(tile);
        this.draw(tile, Math.floor(((index + 0.5) * this.count) / shown));
      }
      if (this.begin !== null) {
        const range = document.createElement("b");
        range.style.left = `${(100 * this.begin) / this.seconds}%`;
        range.style.width = `${(100 * (this.end - this.begin)) / this.seconds}%`;
        range.title = `${clock(this.begin)} to ${clock(this.end)}`;
        this.tiles.append(range);
      }
      this.needle = document.createElement("u");
      this.tiles.append(this.needle);
    }

    draw(element, index) {
      const share = (place, all) => (all > 1 ? (100 * place) / (all - 1) : 0);
      element.style.backgroundImage = `url("${this.root.dataset.sprite}")`;
      element.style.backgroundSize = `${100 * this.columns}% ${100 * this.rows}%`;
      const column = index % this.columns;
      const row = Math.floor(index / this.columns);
      element.style.backgroundPosition = `${share(column, this.columns)}% ${share(row, this.rows)}%`;
    }

    show(seconds) {
      const inside = Math.min(Math.max(seconds, 0), this.seconds);
      this.draw(this.at, Math.min(this.count - 1, Math.floor(inside / this.interval)));
      this.at.classList.toggle("v-outside", seconds < -0.5 || seconds > this.seconds + 0.5);
      this.needle.style.left = `${(100 * inside) / this.seconds}%`;
      const part = this.begin === null ? "" : ` · same from ${clock(this.begin)} to ${clock(this.end)}`;
      this.time.textContent = `${clock(inside)} of ${clock(this.seconds)}${part}`;
    }
  }

  const compare = document.querySelector("[data-compare]");
  if (compare) {
    const strips = [...compare.querySelectorAll("[data-strip]")].map((root) => new Strip(root));
    const slider = compare.querySelector("[data-scrub]");
    if (strips.length) {
      // The longest sets the pace; where one lies in the other, both show the same moment.
      const longest = strips.reduce((one, other) => (other.seconds > one.seconds ? other : one));
      const show = () => {
        const at = (slider.value / 1000) * longest.seconds;
        for (const strip of strips) {
          const isPart = strip !== longest && strip.begin !== null && longest.begin !== null;
          strip.show(isPart ? at - longest.begin + strip.begin : at);
        }
      };
      if (longest.begin !== null) slider.value = Math.round((1000 * longest.begin) / longest.seconds);
      slider.addEventListener("input", show);
      for (const strip of strips) {
        strip.tiles.addEventListener("click", (event) => {
          const box = strip.tiles.getBoundingClientRect();
          let at = ((event.clientX - box.left) / box.width) * strip.seconds;
          if (strip !== longest && strip.begin !== null && longest.begin !== null) at += longest.begin - strip.begin;
          slider.value = Math.round((1000 * at) / longest.seconds);
          show();
        });
      }
      show();
    } else slider.closest(".v-scrub").remove();

    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=range]), select, textarea")) return;
      const pressed = compare.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
      if (!pressed || pressed.disabled) return;
      event.preventDefault();
      pressed.click();
    });
  }

  const rules = document.querySelector("[data-rules]");
  if (rules) {
    rules.addEventListener("click", (event) => {
      const button = event.target.closest("[data-up], [data-down]");
      if (!button) return;
      const row = button.closest("li");
      if ("up" in button.dataset) row.previousElementSibling?.before(row);
      else row.nextElementSibling?.after(row);
      button.focus();
    });
  }
})();
