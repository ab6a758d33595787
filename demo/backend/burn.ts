import { ServiceUnavailableError } from "@testbro/demo-service";
import type { FastifyInstance } from "fastify";

/** CPU time one request may ask for, milliseconds. */
const LARGEST = 10_000;
/** Requests that may burn at a time; more are refused, so that a load test cannot grow a queue without end. */
const CONCURRENT = 64;
/** CPU time between two looks at the event loop, milliseconds: about what a health check waits longer while CPU is burnt. */
const SLICE = 5;

interface Task {
  left: number;
  done: () => void;
}

/**
 * Uses CPU on the main thread, as a busy service does, but in slices: one slice a turn of the event loop however many
 * requests burn, so that other requests and health checks are still answered in between.
 */
export class Burner {
  readonly #tasks: Task[] = [];

  /**
   * Resolves when `milliseconds` of CPU time have been used.
   * @throws ServiceUnavailableError when too many burn already
   */
  burn(milliseconds: number): Promise<void> {
    if (this.#tasks.length >= CONCURRENT) throw new ServiceUnavailableError(`${CONCURRENT} requests burn CPU here already`);
    return new Promise((done) => {
      this.#tasks.push({ left: milliseconds, done });
      if (this.#tasks.length === 1) setImmediate(() => this.#turn());
    });
  }

  #turn(): void {
    const task = this.#tasks.shift();
    if (task === undefined) return;
    const started = performance.now();
    const end = started + Math.min(SLICE, task.left);
    while (performance.now() < end);
    task.left -= performance.now() - started;
    if (task.left > 0) this.#tasks.push(task);
    else task.done();
    if (this.#tasks.length > 0) setImmediate(() => this.#turn());
  }
}

/** `GET /api/burn?ms=…`: uses that much CPU time, 100 ms unless said. */
export function registerBurn(app: FastifyInstance, burner = new Burner()): void {
  app.get<{ Querystring: { ms?: string } }>("/api/burn", async (request, reply) => {
    const text = request.query.ms ?? "100";
    const milliseconds = Number(text);
    if (!/^\d{1,5}$/.test(text) || milliseconds < 1 || milliseconds > LARGEST) {
      return reply.status(400).send({ error: `ms is "${text}": use a whole number from 1 to ${LARGEST}`, requestId: request.id });
    }
    const started = performance.now();
    await burner.burn(milliseconds);
    return { burnt: milliseconds, took: Math.round(performance.now() - started) };
  });
}
