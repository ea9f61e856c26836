// What walkerOS' own core, collector and the official Node client take for the events of `benchmarks/workload.py`:
// node walkeros.cjs WORK FOLDER FILE BASE_URL CONFIG. Prints [CPU, wall] of an event in µs. WORK is mapping, batch or single.
const fs = require("node:fs");
const http = require("node:http");
const [, , work, folder, file, basePath, configuration] = process.argv;
const load = require("node:module").createRequire(folder + "/");
const { getMappingValue, processEventMapping } = load("@walkeros/core");

const lines = fs.readFileSync(file, "utf8").split("\n").filter(Boolean);
const { settings, mapping } = JSON.parse(configuration);
const silent = { error() {}, warn() {}, info() {}, debug() {}, throw() {}, scope: () => silent };
let cpu = 0;
let wall = 0;

async function timed(doing) {
  const before = process.cpuUsage();
  const begun = process.hrtime.bigint();
  await doing();
  wall += Number(process.hrtime.bigint() - begun) / 1e3;
  const spent = process.cpuUsage(before);
  cpu += spent.user + spent.system;
}

// As walkerOS' HubSpot destination does it: the rule's properties, and the e-mail.
async function occurrence(event, rule, collector) {
  const properties = await getMappingValue(event, rule.settings.properties, { collector });
  return {
    eventName: settings.eventNamePrefix + rule.settings.eventName,
    email: await getMappingValue(event, "user.email", { collector }),
    occurredAt: new Date(event.timestamp),
    properties: Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, String(value)])),
  };
}

async function map() {
  const collector = { consent: {}, user: {}, globals: {}, custom: {}, status: { failed: 0 }, logger: silent };
  for (let start = 0; start < lines.length; start += 100) {
    const events = lines.slice(start, start + 100).map((line) => JSON.parse(line));
    await timed(async () => {
      for (const event of events) {
        const done = await processEventMapping(event, { mapping }, collector);
        await occurrence(done.event, done.mapping, collector);
      }
    });
  }
}

async function send() {
  const { startFlow } = load("@walkeros/collector");
  const { Client } = load("@hubspot/api-client");
  // At its best: with kept connections, without retries, and without its limiter, whose queue costs a millisecond a call.
  const client = new Client({
    accessToken: settings.accessToken,
    basePath,
    numberOfApiCallRetries: 0,
    httpAgent: new http.Agent({ keepAlive: true }),
  });
  const waiting = [];
  let delivered = 0;
  const destination = {
    type: "hubspot",
    config: { mapping },
    async push(event, context) {
      const made = await occurrence(event, context.rule, context.collector);
      if (work === "single") {
        await client.events.send.basicApi.send(made);
        delivered += 1;
        return;
      }
      waiting.push(made);
      if (waiting.length < settings.batchSize) return;
      delivered += waiting.length;
      await client.events.send.batchApi.send({ inputs: waiting.splice(0) });
    },
  };
  const { elb } = await startFlow({ run: true, destinations: { hubspot: { code: destination } } });
  await timed(async () => {
    for (const line of lines) await elb(JSON.parse(line));
    if (waiting.length) {
      delivered += waiting.length;
      await client.events.send.batchApi.send({ inputs: waiting.splice(0) });
    }
  });
  if (delivered !== lines.length) throw new Error(`${delivered} of ${lines.length} events were delivered`);
}

(work === "mapping" ? map() : send())
  .then(() => {
    console.log(JSON.stringify([cpu / lines.length, wall / lines.length]));
    process.exit(0);
  })
  .catch((error) => {
    console.error(error);
    process.exit(1);
  });
