// Sends one file, piece after piece. A lost connection is waited out; the server says where to go on.
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30000;
const MOST_DAMAGED = 5;
// The speed is that of the last seconds.
const SPEED_WINDOW_MS = 8000;

export class Sender {
  constructor({ row, facts, csrf, sha256, onProgress }) {
    Object.assign(this, { row, facts, csrf, sha256, onProgress });
    this.wish = "";
    this.trouble = "";
    this.marks = [];
  }

  get speed() {
    if (this.marks.length < 2) return 0;
    const [first, last] = [this.marks[0], this.marks.at(-1)];
    return last.at > first.at ? ((last.sent - first.sent) * 1000) / (last.at - first.at) : 0;
  }

  pause() {
    this.wish = "pause";
    this.request?.abort();
    this.wake?.();
  }

  async stop() {
    this.wish = "stop";
    this.request?.abort();
    this.wake?.();
    await this.running?.catch(() => null);
  }

  run() {
    this.running = this.loop();
    return this.running;
  }

  async loop() {
    const { row } = this;
    let [wait, damaged] = [FIRST_WAIT_MS, 0];
    let status = "receiving";
    while (row.offset < row.file.size) {
      if (this.wish) return { kind: "paused" };
      const answer = await this.piece();
      if (answer.status === 204) {
        row.offset = answer.offset;
        status = answer.told || status;
        this.trouble = "";
        [wait, damaged] = [FIRST_WAIT_MS, 0];
        this.onProgress();
        continue;
      }
      if (this.wish) continue;
      if (answer.kind === "unreadable") return { kind: "failed", words: "The file can't be read: it was changed, moved or its disk taken away. Choose it again." };
      if (answer.status === 409 && answer.offset !== null) {
        row.offset = answer.offset;
        continue;
      }
      if (answer.status === 460) {
        damaged += 1;
        if (damaged >= MOST_DAMAGED) return { kind: "failed", words: "Pieces keep arriving damaged: check the network." };
        continue;
      }
      if (answer.status === 507) return { kind: "failed", words: answer.words };
      if (answer.status === 401 || answer.status === 403) {
        return { kind: "failed", words: "You were logged out, or may not upload any more. Reload this page to log in; the file goes on where it is." };
      }
      if (answer.status === 423) this.trouble = "sent from another window, waiting";
      else if (answer.status >= 400 && answer.status < 500 && answer.status !== 429 && answer.status !== 408) {
        return { kind: "failed", words: answer.words || "The library refused to go on." };
      } else this.trouble = "the connection is lost, trying again";
      this.marks = [];
      this.onProgress();
      await this.sleep(wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      if (!this.wish) await this.look();
    }
    return { kind: "done", status };
  }

  // Where the server is, after whatever went wrong.
  async look() {
    const answer = await fetch(this.row.upload.address, { method: "HEAD", headers: { "Tus-Resumable": "1.0.0" } }).catch(() => null);
    const offset = answer?.ok ? answer.headers.get("Upload-Offset") : null;
    if (offset !== null) this.row.offset = Number(offset);
  }

  sleep(ms) {
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      this.wake = () => {
        clearTimeout(timer);
        done();
      };
      window.addEventListener("online", this.wake, { once: true });
    });
  }

  async piece() {
    const { row, facts } = this;
    const from = row.offset;
    let buffer;
    try {
      buffer = await row.file.slice(from, from + facts.piece).arrayBuffer();
    } catch {
      return { kind: "unreadable" };
    }
    const checksum = await this.sha256(buffer);
    if (this.wish) return { status: 0 };
    return new Promise((done) => {
      // fetch tells nothing of how far a request body is.
      const request = new XMLHttpRequest();
      this.request = request;
      request.open("PATCH", row.upload.address);
      request.setRequestHeader("Tus-Resumable", "1.0.0");
      request.setRequestHeader("X-CSRFToken", this.csrf);
      request.setRequestHeader("Content-Type", "application/offset+octet-stream");
      request.setRequestHeader("Upload-Offset", String(from));
      if (checksum) request.setRequestHeader("Upload-Checksum", `sha256 ${checksum}`);
      request.upload.addEventListener("progress", (event) => this.mark(from + event.loaded));
      request.addEventListener("loadend", () => {
        this.request = null;
        const offset = request.getResponseHeader("Upload-Offset");
        let words = "";
        try {
          words = JSON.parse(request.responseText).detail || "";
        } catch {
          // Not every answer has words.
        }
        done({ status: request.status, offset: offset === null ? null : Number(offset), told: request.getResponseHeader("Upload-Status"), words });
      });
      request.send(buffer);
    });
  }

  mark(sent) {
    const at = performance.now();
    this.marks.push({ at, sent });
    while (this.marks.length > 2 && at - this.marks[0].at > SPEED_WINDOW_MS) this.marks.shift();
    const kept = this.row.offset;
    this.row.offset = sent;
    this.onProgress();
    // Only what the server has counts.
    this.row.offset = kept;
  }
}
