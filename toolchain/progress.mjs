// Tells a person that something slow is still going on. Everything goes to stderr: stdout belongs to --json.

/**
 * @typedef {object} ProgressOptions
 * @property {{ write(text: string): unknown, isTTY?: boolean, columns?: number }} [stream] Default stderr.
 * @property {number} [quietFor] Milliseconds before a step says anything; default 2000.
 * @property {number} [every] Milliseconds between lines where lines cannot be rewritten; default 20000.
 */

/** @typedef {(detail: string) => void} Detail Says what the step is doing right now; shown after its title. */

/** Steps with elapsed time. One instance per stream, since nested steps share the line that is rewritten. */
export class Progress {
  /** @type {{ title: string, detail: string, start: number, shown: boolean }[]} */
  #running = [];
  #lineOpen = false;

  /** @param {ProgressOptions} [options] */
  constructor({ stream = process.stderr, quietFor = 2000, every = 20000 } = {}) {
    this.stream = stream;
    this.quietFor = quietFor;
    this.every = every;
  }

  /**
   * Runs `work` and reports it when it takes longer than two seconds: on a terminal one line that is rewritten each second,
   * elsewhere a line when it turns out slow, one every 20 seconds, and one at the end.
   *
   * @template T
   * @param {string} title What is being done, as a person would say it ("Building the Pulumi CLI").
   * @param {(detail: Detail) => Promise<T> | T} work
   * @returns {Promise<T>} What `work` returns; its error is passed on unchanged.
   */
  async step(title, work) {
    const step = { title, detail: "", start: Date.now(), shown: false };
    this.#running.push(step);
    const interactive = Boolean(this.stream.isTTY);
    let lastLine = 0;
    const tick = () => {
      const now = Date.now();
      if (now - step.start < this.quietFor) return;
      if (interactive) {
        // Only the innermost step owns the line.
        if (this.#running.at(-1) === step) this.#rewrite(step);
      } else if (!step.shown || now - lastLine >= this.every) {
        lastLine = now;
        this.stream.write(`${describe(step)}${step.shown ? ` (${seconds(step)} so far)` : " …"}\n`);
      }
      step.shown = true;
    };
    const timer = setInterval(tick, Math.min(1000, this.quietFor));
    try {
      const result = await work((detail) => (step.detail = detail));
      this.#end(step, "done");
      return result;
    } catch (error) {
      this.#end(step, "failed");
      throw error;
    } finally {
      clearInterval(timer);
      this.#running.splice(this.#running.indexOf(step), 1);
    }
  }

  /**
   * Prints a line of its own, without tearing a line that is being rewritten.
   *
   * @param {string} text
   */
  line(text) {
    this.#clear();
    this.stream.write(`${text}\n`);
  }

  /** @param {{ title: string, detail: string, start: number }} step */
  #rewrite(step) {
    const text = `${describe(step)} (${seconds(step)})`;
    const width = this.stream.columns ?? 80;
    this.stream.write(`\r\u001b[2K${text.length < width ? text : `${text.slice(0, width - 2)}…`}`);
    this.#lineOpen = true;
  }

  /** @param {{ title: string, detail: string, start: number, shown: boolean }} step @param {string} how */
  #end(step, how) {
    this.#clear();
    if (step.shown || Date.now() - step.start >= this.quietFor) this.stream.write(`${step.title}: ${how} after ${seconds(step)}\n`);
  }

  #clear() {
    if (!this.#lineOpen) return;
    this.stream.write("\r\u001b[2K");
    this.#lineOpen = false;
  }
}

/** @param {{ title: string, detail: string }} step */
const describe = (step) => (step.detail ? `${step.title}: ${step.detail}` : step.title);

/** @param {{ start: number }} step */
const seconds = (step) => `${Math.round((Date.now() - step.start) / 1000)} s`;

/** The process's own progress, on stderr. */
export const progress = new Progress();

/**
 * {@link Progress.step} on stderr.
 *
 * @template T
 * @param {string} title
 * @param {(detail: Detail) => Promise<T> | T} work
 * @returns {Promise<T>}
 */
export const step = (title, work) => progress.step(title, work);
