/** Says each trouble once, however often it comes back, and that it is over. */
export class Trouble {
  #last: string | undefined;

  /** @param say gets a line for people */
  constructor(private readonly say: (line: string) => void) {}

  /** @param line what people are told of it */
  met({ message }: Error, line: (message: string) => string): void {
    if (message === this.#last) return;
    this.#last = message;
    this.say(line(message));
  }

  /** @param line what people are told where there was any */
  over(line: string): void {
    if (this.#last !== undefined) this.say(line);
    this.#last = undefined;
  }
}
