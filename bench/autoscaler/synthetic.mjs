// Loads made by formulas with seeded randomness: the shapes a service meets that no one trace has.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { normal, poisson, seededRandom } = require("../../autoscaler/dist/simulate/random.js");
const { replay } = require("../../autoscaler/dist/simulate/trace.js");

const HOUR = 3600;

/** A load given for every five seconds. */
function ticks(seconds, rate, noise = 0, seed = 7) {
  const random = seededRandom(seed);
  const length = seconds / 5;
  return {
    start: 0,
    load: Float64Array.from({ length }, (_, i) => Math.max(0, rate(i * 5, random) * (1 + noise * normal(random)))),
    missing: new Uint8Array(length),
  };
}

/** A trace of counts per period, scaled as a file would be. */
function counted(period, rows, count) {
  const times = Array.from({ length: rows }, (_, i) => i * period);
  return replay({ times, rates: times.map((time) => Math.max(0, count(time)) / period), period });
}

export function synthetic() {
  const single = [
    { title: "Step from 100 to 980 requests/s", cut: ticks(1800, (t) => (t >= 600 ? 980 : 100)), stepAt: 600 },
    { title: "One false sample: 300 requests/s, 3000 for 5 s", cut: ticks(HOUR, (t) => (t === 1200 ? 3000 : 300)) },
    { title: "One false sample: 100 requests/s, 1000 for 5 s", cut: ticks(HOUR, (t) => (t === 1200 ? 1000 : 100)) },
    ...[150, 477, 700].map((base) => ({
      title: `Constant ${base} requests/s with 5 % noise, 24 h`,
      cut: ticks(24 * HOUR, () => base, 0.05),
    })),
    { title: "Poisson arrivals, 50 requests/s", cut: ticks(24 * HOUR, () => 50), noise: 1 },
    { title: "Poisson arrivals, 50 requests/s, 10 a replica", cut: ticks(24 * HOUR, () => 50), noise: 1, capacity: 10 },
    ...[0.8, 1, 1.4].map((capacity) => ({
      title: `Poisson arrivals, 5 requests/s, ${capacity} a replica`,
      cut: ticks(24 * HOUR, () => 5),
      noise: 1,
      capacity,
    })),
  ];
  return { single, families: { ...shapes(), ...counts() } };
}

function shapes() {
  const families = {
    diurnal: [],
    sawtooth: [],
    "reverse sawtooth": [],
    "regular bursts": [],
    steps: [],
    ramps: [],
    "random bursts": [],
    "random walk": [],
    "random levels": [],
  };
  for (const noise of [0, 0.03, 0.1]) {
    for (const base of [60, 250, 900]) {
      const add = (family, name, seconds, rate) =>
        families[family].push({ name: `base ${base}, noise ${noise}, ${name}`, cut: ticks(seconds, rate, noise) });
      for (const period of [1800, 3600, 7200, 21600])
        add("diurnal", `period ${period} s`, 4 * period, (t) => base * (1 + 0.8 * Math.sin((2 * Math.PI * t) / period)));
      for (const period of [120, 240, 290, 330, 420, 600, 1200]) {
        add("sawtooth", `period ${period} s`, 4 * HOUR, (t) => base * (0.3 + (1.4 * (t % period)) / period));
        add("reverse sawtooth", `period ${period} s`, 4 * HOUR, (t) => base * (1.7 - (1.4 * (t % period)) / period));
      }
      for (const period of [300, 600, 1200]) {
        for (const length of [10, 30, 60, 120, 240])
          for (const by of [2, 5])
            add("regular bursts", `x${by} for ${length} s every ${period} s`, 4 * HOUR, (t) => base * (t % period < length ? by : 1));
      }
      for (const by of [1.2, 1.35, 1.5, 2, 4]) {
        add("steps", `x${by}`, 2 * HOUR, (t) => (t >= 1205 ? base * by : base));
        add("steps", `/${by}`, 2 * HOUR, (t) => (t >= 1205 ? base : base * by));
      }
      for (const length of [30, 60, 120, 300, 900])
        for (const by of [1.5, 3, 8])
          add("ramps", `x${by} in ${length} s`, 2 * HOUR, (t) => base * (1 + (by - 1) * Math.min(1, Math.max(0, (t - 1203) / length))));
      for (let seed = 0; seed < 4; seed++) {
        const [a, b, c] = [17, 19, 23].map((prime) => seededRandom(seed * prime + base));
        let [burst, walk, level] = [0, 0, 1];
        add("random bursts", `seed ${seed}`, 4 * HOUR, () => ((burst = burst * 0.97 + (a() < 0.01 ? base * 3 * a() : 0)), base + burst));
        add("random walk", `seed ${seed}`, 4 * HOUR, () => ((walk = (walk + 0.02 * normal(b)) * 0.999), base * Math.exp(walk)));
        add("random levels", `seed ${seed}`, 4 * HOUR, () => ((level = c() < 0.005 ? 0.3 + 2 * c() : level), base * level));
      }
    }
  }
  return families;
}

function counts() {
  const families = {
    "counts a minute, Poisson": [],
    "counts a minute, spikes": [],
    "coarse counts": [],
    "counts a second": [],
    "self-similar": [],
  };
  const add = (family, name, cut) => families[family].push({ name, cut });
  const day = (t, swing = 0.7) => 1 + swing * Math.sin((2 * Math.PI * t) / 86400);
  for (let seed = 0; seed < 4; seed++) {
    for (const mean of [3, 10, 40, 150, 1000]) {
      const random = seededRandom(seed * 31 + mean);
      add(
        "counts a minute, Poisson",
        `mean ${mean}, seed ${seed}`,
        counted(60, 1440, (t) => poisson(mean * day(t), random)),
      );
    }
    for (const by of [2, 4, 10]) {
      const random = seededRandom(seed * 41 + by);
      let spike = 0;
      add(
        "counts a minute, spikes",
        `x${by}, seed ${seed}`,
        counted(
          60,
          1440,
          (t) => (
            (spike = spike * 0.6 + (random() < 0.01 ? by * random() : 0)),
            1000 * day(t, 0.5) * (1 + spike) * (1 + 0.03 * normal(random))
          ),
        ),
      );
    }
    for (const period of [300, 900, 3600]) {
      const random = seededRandom(seed * 43 + period);
      let walk = 0;
      add(
        "coarse counts",
        `${period} s, seed ${seed}`,
        counted(
          period,
          (7 * 86400) / period,
          (t) => ((walk = 0.8 * walk + 0.6 * normal(random)), 1000 * day(t, 0.6) * Math.exp(0.2 * walk)),
        ),
      );
    }
    for (const mean of [2, 20, 200]) {
      const random = seededRandom(seed * 47 + mean);
      add(
        "counts a second",
        `mean ${mean}, seed ${seed}`,
        counted(1, 14400, (t) => poisson(mean * (1 + 0.5 * Math.sin((2 * Math.PI * t) / 7200)), random)),
      );
    }
    const random = seededRandom(seed * 53);
    const sources = Array.from({ length: 60 }, () => ({ on: false, left: 0 }));
    const arrivals = () => {
      let on = 0;
      for (const source of sources) {
        if (--source.left <= 0) {
          source.on = !source.on;
          source.left = Math.min(2000, (source.on ? 8 : 16) * Math.pow(1 - random(), -1 / 1.4));
        }
        if (source.on) on++;
      }
      return poisson(on * 10, random);
    };
    add("self-similar", `on and off sources with heavy tails, seed ${seed}`, counted(1, 14400, arrivals));
  }
  return families;
}
