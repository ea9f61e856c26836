// The Web Crypto that Node has as a global: digests, and identifiers that are new for every event and the same each time
// that the event is planned.
(hooks) => {
  "use strict";
  const { defineProperty } = Object;
  const rotate = (word, by) => (word >>> by) | (word << (32 - by));
  // The first 32 bits of the fractional parts of roots of primes (FIPS 180-4, sections 4.2.2 and 5.3.3).
  const primes = [];
  for (let number = 2; primes.length < 64; number++) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  }
  const fraction = (root) => ((root - Math.floor(root)) * 4294967296) | 0;
  const ROUNDS = primes.map((prime) => fraction(Math.cbrt(prime)));
  const START = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));

  const blocks = (bytes) => {
    const padded = Array.from(bytes);
    padded.push(0x80);
    while (padded.length % 64 !== 56) padded.push(0);
    const bits = bytes.length * 8;
    for (const part of [Math.floor(bits / 4294967296), bits >>> 0]) padded.push(part >>> 24, (part >>> 16) & 255, (part >>> 8) & 255, part & 255);
    return padded;
  };
  const words = (padded, at, count) => {
    const found = [];
    for (let n = 0; n < 16; n++) {
      const place = at + n * 4;
      found.push((padded[place] << 24) | (padded[place + 1] << 16) | (padded[place + 2] << 8) | padded[place + 3]);
    }
    found.length = count;
    return found;
  };
  const output = (state) => Uint8Array.from(state.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]));

  const sha256 = (bytes) => {
    const state = [...START];
    const padded = blocks(bytes);
    for (let at = 0; at < padded.length; at += 64) {
      const w = words(padded, at, 64);
      for (let n = 16; n < 64; n++) {
        const [x, y] = [w[n - 15], w[n - 2]];
        w[n] = (w[n - 16] + w[n - 7] + (rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)) + (rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10))) | 0;
      }
      let [a, b, c, d, e, f, g, h] = state;
      for (let n = 0; n < 64; n++) {
        const one = (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[n] + w[n]) | 0;
        const two = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
      }
      [a, b, c, d, e, f, g, h].forEach((word, n) => { state[n] = (state[n] + word) | 0; });
    }
    return output(state);
  };
  const sha1 = (bytes) => {
    const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
    const padded = blocks(bytes);
    for (let at = 0; at < padded.length; at += 64) {
      const w = words(padded, at, 80);
      for (let n = 16; n < 80; n++) w[n] = rotate(w[n - 3] ^ w[n - 8] ^ w[n - 14] ^ w[n - 16], 31);
      let [a, b, c, d, e] = state;
      for (let n = 0; n < 80; n++) {
        const mixed = n < 20 ? ((b & c) | (~b & d)) + 0x5a827999 : n < 40 ? (b ^ c ^ d) + 0x6ed9eba1
          : n < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc : (b ^ c ^ d) + 0xca62c1d6;
        const next = (rotate(a, 27) + mixed + e + w[n]) | 0;
        e = d; d = c; c = rotate(b, 2); b = a; a = next;
      }
      [a, b, c, d, e].forEach((word, n) => { state[n] = (state[n] + word) | 0; });
    }
    return output(state);
  };

  const DIGESTS = new Map([["SHA-256", sha256], ["SHA-1", sha1]]);
  const subtle = {
    async digest(algorithm, data) {
      const name = `${typeof algorithm === "object" && algorithm !== null ? algorithm.name : algorithm}`.toUpperCase();
      const make = DIGESTS.get(name);
      if (make === undefined) {
        if (name === "SHA-384" || name === "SHA-512") throw new TypeError(`crypto.subtle.digest has SHA-256 and SHA-1 in this engine, not ${name}`);
        const error = new Error("Unrecognized algorithm name");
        defineProperty(error, "name", { value: "NotSupportedError" });
        throw error;
      }
      return make(hooks.bytesOf(data, "the data of crypto.subtle.digest")).buffer;
    },
  };
  for (const name of ["encrypt", "decrypt", "sign", "verify", "generateKey", "deriveKey", "deriveBits", "importKey", "exportKey", "wrapKey", "unwrapKey"]) {
    defineProperty(subtle, name, { get() { throw new TypeError(`crypto.subtle.${name} is not available in this engine: digest is`); } });
  }

  // New bytes for every event, and the same for the same event: a hash over the event and a count.
  let plan = null, seed = "", count = 0, pool = [];
  const draw = (length) => {
    if (hooks.planId !== plan) { plan = hooks.planId; seed = hooks.eventText(); count = 0; pool = []; }
    while (pool.length < length) {
      const text = `${count++}:${seed}`;
      pool.push(...sha256(new hooks.library.TextEncoder().encode(text)));
    }
    return pool.splice(0, length);
  };
  const crypto = {
    subtle,
    randomUUID() {
      const bytes = draw(16);
      bytes[6] = (bytes[6] & 15) | 64;
      bytes[8] = (bytes[8] & 63) | 128;
      const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
    },
    getRandomValues(array) {
      const bytes = hooks.bytesOf(array, "the argument of crypto.getRandomValues");
      draw(bytes.length).forEach((byte, at) => { bytes[at] = byte; });
      return array;
    },
  };
  for (const name of ["createHash", "createHmac", "randomBytes", "randomInt", "createCipheriv", "timingSafeEqual", "pbkdf2Sync", "scryptSync", "webcrypto"]) {
    defineProperty(crypto, name, { get() {
      throw new TypeError(`crypto.${name} is not a function: Node's global crypto is the Web Crypto, without ${name}; `
        + 'for a hash: await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))');
    } });
  }
  return { crypto };
}
