// A walkerOS flow of a user's: walkerOS' collector and a destination that sends batches with the official client.
// It names no address, as a deployment does: where api.hubapi.com leads is decided outside.
const load = require("node:module").createRequire(process.argv[2] + "/");
const { startFlow } = load("@walkeros/collector");
const { Client } = load("@hubspot/api-client");

const client = new Client({ accessToken: process.env.TOKEN });
const SIZE = 10;
const waiting = [];
let delivered = 0;

const destination = {
  type: "hubspot",
  config: {},
  async push(event) {
    waiting.push({
      eventName: `pe12345678_${event.name.replace(" ", "_")}`,
      email: event.user.email,
      occurredAt: new Date(event.timestamp),
      properties: { sku: String(event.data.sku) },
    });
    if (waiting.length < SIZE) return;
    await client.events.send.batchApi.send({ inputs: waiting.splice(0) });
    delivered += 1;
  },
};

(async () => {
  const user = { email: "ada@example.org" };
  const { elb } = await startFlow({ run: true, user, destinations: { hubspot: { code: destination } } });
  for (let number = 0; number < 5 * SIZE; number++) await elb("product view", { sku: number });
  console.log(JSON.stringify({ delivered, left: waiting.length }));
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
