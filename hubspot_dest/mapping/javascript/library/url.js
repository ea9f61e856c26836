// URL and URLSearchParams (WHATWG URL, https://url.spec.whatwg.org), without file hosts' drive letters and blob origins.
(hooks) => {
  "use strict";
  const { defineProperty } = Object;
  const PORTS = new Map([["http", 80], ["https", 443], ["ws", 80], ["wss", 443], ["ftp", 21], ["file", null]]);
  const encoder = new hooks.library.TextEncoder();
  const decoder = new hooks.library.TextDecoder("utf-8", { ignoreBOM: true });

  const hex = (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  // Percent-encode what is beyond ASCII, a control character, or in `set`.
  const escape = (text, set) => {
    let result = "";
    for (const character of text) {
      const code = character.codePointAt(0);
      if (code > 0x1f && code < 0x7f && !set.includes(character)) result += character;
      else for (const byte of encoder.encode(character)) result += hex(byte);
    }
    return result;
  };
  const FRAGMENT = ' "<>`';
  const QUERY = ' "#<>';
  const SPECIAL_QUERY = `${QUERY}'`;
  const PATH = `${QUERY}?\`{}`;
  const USER = `${PATH}/:;=@[\\]^|`;
  const unescapeBytes = (bytes) => {
    const found = [];
    for (let at = 0; at < bytes.length; at++) {
      const pair = bytes[at] === 37 ? String.fromCharCode(bytes[at + 1] ?? 0, bytes[at + 2] ?? 0) : "";
      if (/^[0-9a-f]{2}$/i.test(pair)) { found.push(parseInt(pair, 16)); at += 2; } else found.push(bytes[at]);
    }
    return Uint8Array.from(found);
  };
  const unescape = (text) => decoder.decode(unescapeBytes(encoder.encode(text)));

  const fail = (input, base) => {
    const error = new TypeError("Invalid URL");
    defineProperty(error, "code", { value: "ERR_INVALID_URL", enumerable: true });
    defineProperty(error, "input", { value: input, enumerable: true });
    if (base !== undefined) defineProperty(error, "base", { value: base, enumerable: true });
    throw error;
  };

  // --- Hosts
  const punycode = (label) => { // RFC 3492
    const codes = Array.from(label, (character) => character.codePointAt(0));
    const basic = codes.filter((code) => code < 128);
    let output = String.fromCharCode(...basic), handled = basic.length, current = 128, delta = 0, bias = 72;
    if (handled > 0) output += "-";
    const digit = (value) => String.fromCharCode(value < 26 ? value + 97 : value + 22);
    let first = true;
    while (handled < codes.length) {
      const next = Math.min(...codes.filter((code) => code >= current));
      delta += (next - current) * (handled + 1);
      current = next;
      for (const code of codes) {
        if (code < current) delta++;
        if (code !== current) continue;
        let value = delta;
        for (let base = 36; ; base += 36) {
          const limit = base <= bias ? 1 : base >= bias + 26 ? 26 : base - bias;
          if (value < limit) break;
          output += digit(limit + ((value - limit) % (36 - limit)));
          value = Math.floor((value - limit) / (36 - limit));
        }
        output += digit(value);
        let adapted = first ? Math.floor(delta / 700) : delta >> 1;
        adapted += Math.floor(adapted / (handled + 1));
        let shift = 0;
        for (; adapted > 455; shift += 36) adapted = Math.floor(adapted / 35);
        bias = shift + Math.floor((36 * adapted) / (adapted + 38));
        first = false;
        delta = 0;
        handled++;
      }
      delta++;
      current++;
    }
    return `xn--${output}`;
  };
  const ipv4 = (host) => {
    const parts = host.split(".");
    if (parts.at(-1) === "" && parts.length > 1) parts.pop();
    if (!/^(\d+|0x[0-9a-f]*)$/i.test(parts.at(-1))) return null; // no address, but a name
    if (parts.length > 4) return undefined;
    const numbers = [];
    for (const part of parts) {
      const radix = /^0x/i.test(part) ? 16 : /^0\d/.test(part) ? 8 : 10;
      const digits = radix === 16 ? part.slice(2) : part;
      if (part === "" || !(radix === 16 ? /^[0-9a-f]*$/i : radix === 8 ? /^[0-7]+$/ : /^\d+$/).test(digits)) return undefined;
      numbers.push(digits === "" ? 0 : parseInt(digits, radix));
    }
    if (numbers.slice(0, -1).some((number) => number > 255) || numbers.at(-1) >= 256 ** (5 - numbers.length)) return undefined;
    const address = numbers.slice(0, -1).reduce((sum, number, at) => sum + number * 256 ** (3 - at), numbers.at(-1));
    return [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join(".");
  };
  const ipv6 = (text) => {
    const [head, tail, more] = text.split("::");
    if (more !== undefined) return undefined;
    const read = (part) => {
      if (part === undefined || part === "") return [];
      const pieces = part.split(":");
      const last = pieces.at(-1);
      if (last.includes(".")) {
        const bytes = last.split(".");
        if (bytes.length !== 4 || bytes.some((byte) => !/^(0|[1-9]\d{0,2})$/.test(byte) || byte > 255)) return [NaN];
        pieces.splice(-1, 1, (bytes[0] * 256 + +bytes[1]).toString(16), (bytes[2] * 256 + +bytes[3]).toString(16));
      }
      return pieces.map((piece) => (/^[0-9a-f]{1,4}$/i.test(piece) ? parseInt(piece, 16) : NaN));
    };
    const [front, back] = [read(head), read(tail)];
    const gap = 8 - front.length - back.length;
    if (tail === undefined ? gap !== 0 : gap < 1) return undefined;
    const words = [...front, ...Array(gap).fill(0), ...back];
    if (words.some(Number.isNaN)) return undefined;
    let best = [0, 0];
    for (let at = 0; at < 8; at++) {
      let run = 0;
      while (words[at + run] === 0) run++;
      if (run > best[1] && run > 1) best = [at, run];
    }
    const texts = words.map((word) => word.toString(16));
    if (best[1] === 0) return `[${texts.join(":")}]`;
    return `[${texts.slice(0, best[0]).join(":")}::${texts.slice(best[0] + best[1]).join(":")}]`;
  };
  const parseHost = (text, special) => {
    if (text.startsWith("[")) return text.endsWith("]") ? ipv6(text.slice(1, -1)) : undefined;
    if (!special) return /[\0\t\n\r #/<>?@[\\\]^|]/.test(text) ? undefined : escape(text, "");
    let host = unescape(text).normalize("NFKC").toLowerCase().replaceAll("\u00ad", "").replace(/[\u3002\uff0e\uff61]/g, ".");
    host = host.split(".").map((label) => (/[^\0-\x7f]/.test(label) ? punycode(label.normalize("NFC")) : label)).join(".");
    if (host === "" || /[\0-\x20"#%/:<>?@[\\\]^`{|}\x7f]/.test(host)) return undefined;
    const address = ipv4(host);
    return address === null ? host : address;
  };

  // --- Paths
  const isDot = (part) => /^(\.|%2e)$/i.test(part);
  const isDots = (part) => /^(\.|%2e){2}$/i.test(part);
  const resolvePath = (start, text, special) => {
    const path = [...start];
    const parts = text.split(special ? /[/\\]/ : "/");
    parts.forEach((part, at) => {
      const last = at === parts.length - 1;
      if (isDots(part)) { path.pop(); if (last) path.push(""); }
      else if (isDot(part)) { if (last) path.push(""); }
      else path.push(escape(part, PATH));
    });
    return path;
  };

  const parse = (given, base) => {
    const text = given.replace(/^[\0-\x20]+|[\0-\x20]+$/g, "").replace(/[\t\n\r]/g, "");
    const hash = text.indexOf("#");
    let rest = hash < 0 ? text : text.slice(0, hash);
    const record = { scheme: "", user: "", password: "", host: null, port: null, path: [], opaque: null, query: null,
      fragment: hash < 0 ? null : escape(text.slice(hash + 1), FRAGMENT) };
    const named = /^([a-z][a-z0-9+\-.]*):/i.exec(rest);
    const scheme = named === null ? null : named[1].toLowerCase();
    const special = PORTS.has(scheme ?? base?.scheme);
    if (scheme === null && base === null) return null;
    const splitQuery = () => {
      const at = rest.indexOf("?");
      if (at < 0) return;
      record.query = escape(rest.slice(at + 1), special ? SPECIAL_QUERY : QUERY);
      rest = rest.slice(0, at);
    };
    const slashes = special ? /^[/\\]{2}/ : /^\/\//;
    record.scheme = scheme ?? base.scheme;
    if (scheme !== null) rest = rest.slice(named[0].length);
    const relative = scheme === null || (special && base !== null && base.scheme === scheme && !slashes.test(rest));
    splitQuery();
    if (!relative || slashes.test(rest)) {
      if (special && scheme !== null && scheme !== "file") rest = rest.replace(/^[/\\]*/, "//");
      if (!slashes.test(rest)) {
        if (rest.startsWith("/") || scheme === "file") { record.host = scheme === "file" ? "" : null; record.path = resolvePath([], rest.replace(special ? /^[/\\]/ : /^\//, ""), special); }
        else record.opaque = escape(rest, "");
        return record;
      }
      rest = rest.slice(2);
      const end = rest.search(special ? /[/\\]/ : /\//);
      let authority = end < 0 ? rest : rest.slice(0, end);
      rest = end < 0 ? "" : rest.slice(end);
      const at = authority.lastIndexOf("@");
      if (at >= 0) {
        const colon = authority.slice(0, at).indexOf(":");
        record.user = escape(authority.slice(0, colon < 0 ? at : colon), USER);
        record.password = colon < 0 ? "" : escape(authority.slice(colon + 1, at), USER);
        authority = authority.slice(at + 1);
      }
      const port = /:(\d*)$/.exec(authority);
      const name = port === null ? authority : authority.slice(0, port.index);
      if (name === "" && (port !== null || at >= 0)) return null;
      if (port !== null && port[1] !== "") {
        if (+port[1] > 65535) return null;
        record.port = +port[1] === PORTS.get(record.scheme) ? null : +port[1];
      }
      if (name === "" && special && record.scheme !== "file") return null;
      record.host = name === "" ? "" : parseHost(name, special);
      if (record.host === undefined) return null;
      if (record.scheme === "file" && record.host === "localhost") record.host = "";
      record.path = rest === "" ? (special ? [""] : []) : resolvePath([], rest.slice(1), special);
      return record;
    }
    if (base.opaque !== null) {
      if (rest !== "" || record.query !== null || hash < 0) return null;
      return { ...base, fragment: record.fragment };
    }
    Object.assign(record, { user: base.user, password: base.password, host: base.host, port: base.port });
    if (rest === "") {
      record.path = base.path;
      if (record.query === null) record.query = base.query;
    } else if ((special ? /^[/\\]/ : /^\//).test(rest)) record.path = resolvePath([], rest.slice(1), special);
    else record.path = resolvePath(base.path.slice(0, -1), rest, special);
    return record;
  };
  const credentials = ({ user, password }) => (user === "" && password === "" ? "" : `${user}${password === "" ? "" : `:${password}`}@`);
  const hostOf = (record) => `${record.host ?? ""}${record.port === null ? "" : `:${record.port}`}`;
  const pathOf = (record) => (record.opaque !== null ? record.opaque : record.path.map((part) => `/${part}`).join(""));
  const print = (record) => {
    const authority = record.host === null ? (pathOf(record).startsWith("//") ? "/." : "") : `//${credentials(record)}${hostOf(record)}`;
    const query = record.query === null ? "" : `?${record.query}`;
    return `${record.scheme}:${authority}${pathOf(record)}${query}${record.fragment === null ? "" : `#${record.fragment}`}`;
  };

  // --- Search parameters
  const decodePart = (text) => unescape(text.replaceAll("+", " "));
  const parseForm = (text) => text.split("&").filter((part) => part !== "").map((part) => {
    const at = part.indexOf("=");
    return at < 0 ? [decodePart(part), ""] : [decodePart(part.slice(0, at)), decodePart(part.slice(at + 1))];
  });
  const encodePart = (text) => {
    let result = "";
    for (const byte of encoder.encode(text)) {
      const character = String.fromCharCode(byte);
      result += character === " " ? "+" : /[A-Za-z0-9*\-._]/.test(character) ? character : hex(byte);
    }
    return result;
  };
  class URLSearchParams {
    #pairs = [];
    #changed = null;
    constructor(init = undefined) {
      if (init === undefined || init === null) return;
      if (typeof init === "object" || typeof init === "function") {
        if (typeof init[Symbol.iterator] === "function") {
          for (const pair of init) {
            const both = [...pair];
            if (both.length !== 2) throw new TypeError("Each query pair must be an iterable [name, value] tuple");
            this.#pairs.push(both.map(String));
          }
        } else for (const key of Object.keys(init)) this.#pairs.push([key.toWellFormed(), String(init[key]).toWellFormed()]);
      } else {
        const text = String(init);
        this.#pairs = parseForm(text.startsWith("?") ? text.slice(1) : text);
      }
    }
    static _bind(params, pairs, changed) { params.#pairs = pairs; params.#changed = changed; }
    #update() { if (this.#changed !== null) this.#changed(this.toString()); }
    get size() { return this.#pairs.length; }
    append(name, value) { this.#pairs.push([String(name), String(value)]); this.#update(); }
    delete(name, value) {
      this.#pairs = this.#pairs.filter(([key, item]) => key !== String(name) || (value !== undefined && item !== String(value)));
      this.#update();
    }
    get(name) { return this.#pairs.find(([key]) => key === String(name))?.[1] ?? null; }
    getAll(name) { return this.#pairs.filter(([key]) => key === String(name)).map(([, value]) => value); }
    has(name, value) { return this.#pairs.some(([key, item]) => key === String(name) && (value === undefined || item === String(value))); }
    set(name, value) {
      const at = this.#pairs.findIndex(([key]) => key === String(name));
      if (at < 0) this.#pairs.push([String(name), String(value)]);
      else {
        this.#pairs[at] = [String(name), String(value)];
        this.#pairs = this.#pairs.filter(([key], place) => place <= at || key !== String(name));
      }
      this.#update();
    }
    sort() { this.#pairs.sort(([one], [other]) => (one < other ? -1 : Number(one > other))); this.#update(); }
    forEach(callback, self) { for (const [name, value] of this.#pairs) Reflect.apply(callback, self, [value, name, this]); }
    *entries() { for (const [name, value] of this.#pairs) yield [name, value]; }
    *keys() { for (const [name] of this.#pairs) yield name; }
    *values() { for (const [, value] of this.#pairs) yield value; }
    [Symbol.iterator]() { return this.entries(); }
    toString() { return this.#pairs.map(([name, value]) => `${encodePart(name)}=${encodePart(value)}`).join("&"); }
    get [Symbol.toStringTag]() { return "URLSearchParams"; }
  }
  const bind = URLSearchParams._bind;
  delete URLSearchParams._bind;

  class URL {
    #record;
    #params = null;
    constructor(url, base) {
      const from = base === undefined ? null : parse(String(base).toWellFormed(), null);
      if (base !== undefined && from === null) fail(String(url), String(base));
      const record = parse(String(url).toWellFormed(), from);
      if (record === null) fail(String(url), base === undefined ? undefined : String(base));
      this.#record = record;
    }
    static canParse(url, base) { try { return Boolean(new URL(url, base)); } catch { return false; } }
    static parse(url, base) { try { return new URL(url, base); } catch { return null; } }
    #refresh() { if (this.#params !== null) bind(this.#params, parseForm(this.#record.query ?? ""), (text) => { this.#record.query = text === "" ? null : text; }); }
    get href() { return print(this.#record); }
    set href(value) { this.#record = new URL(value).#record; this.#refresh(); }
    get origin() {
      const { scheme, opaque } = this.#record;
      if (scheme === "blob" && /^https?:/i.test(opaque ?? "")) return URL.parse(opaque)?.origin ?? "null";
      return PORTS.has(scheme) && scheme !== "file" ? `${scheme}://${hostOf(this.#record)}` : "null";
    }
    get protocol() { return `${this.#record.scheme}:`; }
    set protocol(value) {
      const scheme = /^[a-z][a-z0-9+\-.]*/i.exec(String(value))?.[0].toLowerCase();
      if (scheme === undefined || PORTS.has(scheme) !== PORTS.has(this.#record.scheme)) return;
      this.#record.scheme = scheme;
      if (PORTS.get(scheme) === this.#record.port) this.#record.port = null;
    }
    get username() { return this.#record.user; }
    set username(value) { if (this.#record.host) this.#record.user = escape(String(value), USER); }
    get password() { return this.#record.password; }
    set password(value) { if (this.#record.host) this.#record.password = escape(String(value), USER); }
    get host() { return hostOf(this.#record); }
    set host(value) {
      const [, name, port] = /^([^/?#\\]*?)(?::(\d*))?(?:[/?#\\].*)?$/s.exec(String(value)) ?? [];
      this.hostname = name;
      if (port) this.port = port;
    }
    get hostname() { return this.#record.host ?? ""; }
    set hostname(value) {
      if (this.#record.opaque !== null) return;
      const host = parseHost(String(value), PORTS.has(this.#record.scheme));
      if (host !== undefined) this.#record.host = host;
    }
    get port() { return this.#record.port === null ? "" : String(this.#record.port); }
    set port(value) {
      const digits = /^\d+/.exec(String(value))?.[0];
      if (String(value) === "") this.#record.port = null;
      else if (digits !== undefined && +digits <= 65535) this.#record.port = +digits === PORTS.get(this.#record.scheme) ? null : +digits;
    }
    get pathname() { return pathOf(this.#record); }
    set pathname(value) {
      if (this.#record.opaque !== null) return;
      const special = PORTS.has(this.#record.scheme);
      this.#record.path = resolvePath([], String(value).replace(special ? /^[/\\]/ : /^\//, "").replace(/[?#]/g, (sign) => hex(sign.charCodeAt(0))), special);
    }
    get search() { return this.#record.query ? `?${this.#record.query}` : ""; }
    set search(value) {
      const text = String(value).replace(/^\?/, "");
      this.#record.query = text === "" ? null : escape(text, PORTS.has(this.#record.scheme) ? SPECIAL_QUERY : QUERY);
      this.#refresh();
    }
    get searchParams() {
      if (this.#params === null) { this.#params = new URLSearchParams(); this.#refresh(); }
      return this.#params;
    }
    get hash() { return this.#record.fragment ? `#${this.#record.fragment}` : ""; }
    set hash(value) {
      const text = String(value).replace(/^#/, "");
      this.#record.fragment = text === "" ? null : escape(text, FRAGMENT);
    }
    toString() { return this.href; }
    toJSON() { return this.href; }
    get [Symbol.toStringTag]() { return "URL"; }
  }
  return { URL, URLSearchParams };
}
