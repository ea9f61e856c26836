// Run functions as walkerOS' bundle would, side by side with the sandbox: sources and an event on stdin, outcomes on stdout.
import { readFileSync } from "node:fs";

const { event, sources } = JSON.parse(readFileSync(0, "utf8"));
const write = process.stdout.write.bind(process.stdout);
for (const name of ["log", "table"]) console[name] = () => {};

const plain = (value) => {
  if (value === undefined) return { $undefined: true };
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { $number: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
};

const outcomes = [];
for (const source of sources) {
  try {
    const run = (0, eval)(`"use strict"; (${source})`);
    outcomes.push({ value: plain(await run(structuredClone(event), {})) });
  } catch (error) {
    outcomes.push({ error: error.name });
  }
}
write(JSON.stringify(outcomes));
