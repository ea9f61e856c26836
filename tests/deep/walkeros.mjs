// Answers mapping cases with walkerOS' own core: one JSON case a line in, one JSON answer a line out.
import fs from "node:fs";
import { createRequire } from "node:module";

const core = createRequire(process.argv[2] + "/")("@walkeros/core");

const encode = (value) => {
  if (value === undefined) return { $undefined: true };
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  if (typeof value === "function") return { $function: true };
  if (Array.isArray(value)) return Array.from(value, encode);
  if (value && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, encode(inner)]));
  return value;
};

const answer = async (one, collector) => {
  if (one.kind === "value") return core.getMappingValue(one.event, one.mapping, { collector });
  if (one.kind === "path") return core.getByPath(one.value, one.path, one.default);
  if (one.kind === "setpath") return core.setByPath(one.value, one.path, one.set);
  const done = await core.processEventMapping(one.event, one.config, collector);
  return { event: done.event, data: done.data, key: done.mappingKey || "", ignore: done.ignore };
};

for (const line of fs.readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const one = JSON.parse(line);
  const logs = [];
  const logger = { error: (message) => logs.push(message), warn() {}, info() {}, debug() {}, scope: () => logger };
  const collector = { consent: one.consent, user: {}, globals: {}, custom: {}, status: { failed: 0 }, logger };
  const out = {};
  try {
    out.result = encode(await answer(one, collector));
  } catch (error) {
    out.error = true;
  }
  console.log(JSON.stringify({ ...out, logs, failed: collector.status.failed }));
}
