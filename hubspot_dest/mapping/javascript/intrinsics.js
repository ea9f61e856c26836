// What user code may see of the language: run once in every new context, before anything else.
//
// All functions of a configuration share one context, because the functions of one plan share the event (walkerOS 4.4
// mapping, section 7) and objects cannot cross contexts. So that no function can change what its neighbours or later
// events see, everything reachable from the global object is frozen: that costs nothing per call, where a context per
// function would cost a second copy of the event for each.
//
// The result is a record of what host.js needs: the clock, the random numbers, the console's sink.
(() => {
  "use strict";
  const { apply, construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
  const hooks = { now: null, log: null };

  const replace = (holder, key, value) => {
    defineProperty(holder, key, { value, writable: true, enumerable: false, configurable: true });
  };

  // --- What is missing says so. A getter also stops `typeof`: code that looks for Intl and finds none would otherwise
  // go on and give another result than in Node, without a word.
  const missing = (name, why) => {
    defineProperty(globalThis, name, {
      get() { throw new ReferenceError(`${name} is not available in this engine: ${why}`); },
      enumerable: false,
      configurable: true,
    });
  };
  const NODE = "walkerOS' Node bundle has it, but mapping functions run here without files, network, timers or environment";
  const RESULT = "the same event must always give the same result";
  for (const name of ["process", "require", "module", "exports", "fetch", "Request", "Response", "Headers",
    "XMLHttpRequest", "WebSocket", "setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval",
    "clearImmediate", "AbortController", "Blob", "File", "FormData", "WebAssembly", "global", "window", "document",
    "navigator", "localStorage"]) missing(name, NODE);
  for (const name of ["WeakRef", "FinalizationRegistry"]) missing(name, RESULT);
  for (const name of ["Atomics", "SharedArrayBuffer"]) missing(name, "there are no threads to share with");
  missing("Proxy", "a proxy could keep the limits on time from working");

  // --- What is a script of its own (library/), put in when the text of a function names it.
  hooks.library = { __proto__: null };
  hooks.zones = new Map();
  hooks.locale = null;
  const UNNAMED = "it is put in only where the text of the function names it";
  for (const name of ["URL", "URLSearchParams", "TextEncoder", "TextDecoder", "Buffer", "Intl", "crypto"]) {
    defineProperty(globalThis, name, {
      get() {
        const found = hooks.library[name];
        if (found === undefined) throw new ReferenceError(`${name} is not available in this engine: ${UNNAMED}`);
        return found;
      },
      enumerable: false,
      configurable: true,
    });
  }
  const located = (name) => {
    if (hooks.locale === null) throw new Error(`${name} is not available in this engine: ${UNNAMED}`);
    return hooks.locale;
  };
  const numberValue = Number.prototype.valueOf, bigValue = BigInt.prototype.valueOf, dateValue = Date.prototype.getTime;
  replace(Number.prototype, "toLocaleString", { toLocaleString(locales, options) {
    return located("toLocaleString").number(apply(numberValue, this, []), locales, options);
  } }.toLocaleString);
  replace(BigInt.prototype, "toLocaleString", { toLocaleString(locales, options) {
    return located("toLocaleString").number(apply(bigValue, this, []), locales, options);
  } }.toLocaleString);
  for (const [name, required, defaults] of [["toLocaleString", "any", "all"], ["toLocaleDateString", "date", "date"],
    ["toLocaleTimeString", "time", "time"]]) {
    replace(Date.prototype, name, { [name](locales, options) {
      return located(name).date(apply(dateValue, this, []), locales, options, required, defaults);
    } }[name]);
  }
  replace(String.prototype, "localeCompare", { localeCompare(other, locales, options) {
    if (this === undefined || this === null) throw new TypeError("String.prototype.localeCompare called on null or undefined");
    return located("localeCompare").compare(`${this}`, `${other}`, locales, options);
  } }.localeCompare);
  for (const name of ["toLocaleUpperCase", "toLocaleLowerCase"]) {
    const native = String.prototype[name];
    replace(String.prototype, name, { [name](locale) {
      const first = typeof locale === "string" || locale === undefined ? locale : locale[0];
      if (first !== undefined && /^(tr|az|lt|el)\b/i.test(first)) {
        throw new Error(`${name} is not available in this engine for the locale ${first}: its letters change in their own way`);
      }
      return apply(native, this, []);
    } }[name]);
  }

  // --- No code from text: it would run outside the shape that was checked when the configuration was read.
  const noCode = (name, prototype) => {
    const stub = { [name]: function () {
      throw new EvalError(`${name} is not available in this engine: code comes from the configuration only`);
    } }[name];
    if (prototype) {
      defineProperty(stub, "prototype", { value: prototype, writable: false });
      replace(prototype, "constructor", stub);
    }
    return stub;
  };
  replace(globalThis, "eval", noCode("eval"));
  replace(globalThis, "Function", noCode("Function", Function.prototype));
  noCode("AsyncFunction", getPrototypeOf(async () => {}));
  noCode("GeneratorFunction", getPrototypeOf(function* () {}));
  noCode("AsyncGeneratorFunction", getPrototypeOf(async function* () {}));

  // --- The same event gives the same plan: time is the plan's, random numbers begin anew with every plan.
  const NativeDate = Date;
  const nativeNow = Date.now;
  const now = () => (hooks.now === null ? nativeNow() : hooks.now);
  // Local time is UTC, as in a container: what depends on the zone of this machine would be another plan elsewhere.
  const date = NativeDate.prototype;
  const local = {}, setTime = date.setTime;
  for (const part of ["FullYear", "Month", "Date", "Day", "Hours", "Minutes", "Seconds", "Milliseconds"]) {
    local[part] = date[`get${part}`];
    const reads = date[`getUTC${part}`];
    replace(date, `get${part}`, { [`get${part}`]() { return apply(reads, this, []); } }[`get${part}`]);
    const writes = date[`setUTC${part}`];
    for (const name of part === "Day" ? [] : [`set${part}`, `setUTC${part}`]) {
      const own = { [name](...args) {
        const ms = apply(writes, this, args);
        return Number.isNaN(ms) ? apply(setTime, this, [NaN]) : ms; // the engine leaves the date as it was
      } }[name];
      defineProperty(own, "length", { value: writes.length });
      replace(date, name, own);
    }
  }
  const getTime = date.getTime, toUTCString = date.toUTCString;
  replace(date, "getTimezoneOffset", { getTimezoneOffset() { return apply(getTime, this, []) * 0; } }.getTimezoneOffset);
  replace(date, "getYear", { getYear() { return this.getUTCFullYear() - 1900; } }.getYear);
  const print = (name, make) => {
    replace(date, name, { [name]() {
      if (Number.isNaN(apply(getTime, this, []))) return "Invalid Date";
      const [day, number, month, year, clock] = apply(toUTCString, this, []).replace(",", "").split(" ");
      return make(`${day} ${month} ${number} ${year}`, `${clock} GMT+0000 (Coordinated Universal Time)`);
    } }[name]);
  };
  print("toString", (day, clock) => `${day} ${clock}`);
  print("toDateString", (day) => day);
  print("toTimeString", (day, clock) => clock);
  const ZONED = /(?:Z|UTC?|GMT|[ECMP][SD]T|[+-]\d{2}:?\d{2})\s*(?:\([^)]*\))?\s*$|^\s*(?:[+-]\d{2})?\d{4}(?:-\d{2}(?:-\d{2})?)?\s*$/i;
  const nativeParse = NativeDate.parse;
  const parse = (text) => {
    const ms = nativeParse(text);
    if (Number.isNaN(ms) || ZONED.test(text)) return ms;
    const exact = nativeParse(/^\s*[+-]?\d+-\d\d-\d\dT/.test(text) ? `${text.trim()}Z` : `${text} UTC`);
    if (!Number.isNaN(exact)) return exact;
    const read = new NativeDate(ms);
    const parts = ["FullYear", "Month", "Date", "Hours", "Minutes", "Seconds", "Milliseconds"].map((part) => apply(local[part], read, []));
    return UTC(parts);
  };
  const UTC = ([year, ...rest]) => {
    const whole = new NativeDate(NativeDate.UTC(2000, ...rest));
    return whole.setUTCFullYear(year, rest[0], whole.getUTCDate());
  };
  const PlanDate = function Date(...args) {
    if (new.target === undefined) return new NativeDate(now()).toString();
    let given = args;
    if (args.length === 0) given = [now()];
    else if (args.length > 1) given = [apply(NativeDate.UTC, NativeDate, args)];
    else if (typeof args[0] === "string") given = [parse(args[0])];
    else if (typeof args[0] === "object" && args[0] !== null && !(args[0] instanceof NativeDate)) {
      const toPrimitive = args[0][Symbol.toPrimitive];
      const value = toPrimitive === undefined ? args[0].valueOf() : apply(toPrimitive, args[0], ["default"]);
      const plain = typeof value === "object" ? `${args[0]}` : value;
      given = [typeof plain === "string" ? parse(plain) : plain];
    }
    return construct(NativeDate, given, new.target);
  };
  defineProperty(PlanDate, "length", { value: 7 });
  defineProperty(PlanDate, "prototype", { value: NativeDate.prototype, writable: false });
  replace(PlanDate, "now", { now }.now);
  replace(PlanDate, "parse", { parse(text) { return parse(`${text}`); } }.parse);
  replace(PlanDate, "UTC", NativeDate.UTC);
  replace(NativeDate.prototype, "constructor", PlanDate);
  replace(globalThis, "Date", PlanDate);

  const SEED = 0x2545f491;
  let seed = SEED, elapsed = 0;
  hooks.restart = (nowMs) => { hooks.now = nowMs; hooks.planId = {}; seed = SEED; elapsed = 0; };
  replace(Math, "random", { random() { // mulberry32
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  } }.random);

  // Settings that the engine keeps behind a setter, out of reach of freezing.
  defineProperty(Error, "stackTraceLimit", { value: 10, writable: false, configurable: false });
  defineProperty(Error, "prepareStackTrace", { value: undefined, writable: false, configurable: false });

  // --- What Node has and a mapping may well use.
  const say = { say(...parts) { if (hooks.log !== null) hooks.log(parts); } }.say;
  const silent = { silent() {} }.silent;
  const assert = { assert(condition, ...parts) { if (!condition) say("Assertion failed", ...parts); } }.assert;
  replace(globalThis, "console", { log: say, info: say, debug: say, warn: say, error: say, trace: say, dir: say, table: say,
    group: say, groupCollapsed: say, groupEnd: silent, assert, count: silent, countReset: silent, time: silent,
    timeEnd: silent, timeLog: silent });
  // A clock of the plan, not of the machine: each reading is a microsecond after the one before.
  replace(globalThis, "performance", {
    now() { elapsed += 0.001; return elapsed; },
    get timeOrigin() { return now(); },
    mark: silent,
    measure: silent,
    toJSON() { return { timeOrigin: now() }; },
  });

  const uncloneable = (what) => {
    const error = new Error(`${what} could not be cloned.`);
    defineProperty(error, "name", { value: "DataCloneError", configurable: true });
    throw error;
  };
  const clone = (value, seen) => {
    if (typeof value === "function" || typeof value === "symbol") uncloneable(String(value));
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    const keep = (copy) => { seen.set(value, copy); return copy; };
    if (value instanceof NativeDate) return keep(new NativeDate(value.getTime()));
    if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
    if (value instanceof Map) {
      const copy = keep(new Map());
      for (const [key, item] of value) copy.set(clone(key, seen), clone(item, seen));
      return copy;
    }
    if (value instanceof Set) {
      const copy = keep(new Set());
      for (const item of value) copy.add(clone(item, seen));
      return copy;
    }
    if (ArrayBuffer.isView(value)) return keep(value.slice());
    if (value instanceof ArrayBuffer) return keep(value.slice(0));
    if (value instanceof Error) {
      const copy = keep(new (globalThis[value.name]?.prototype instanceof Error ? globalThis[value.name] : Error)(value.message));
      if ("cause" in value) defineProperty(copy, "cause", { value: clone(value.cause, seen), writable: true, configurable: true });
      return copy;
    }
    if (value instanceof Number || value instanceof String || value instanceof Boolean) return keep(Object(value.valueOf()));
    if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet) uncloneable(`#<${value.constructor.name}>`);
    const copy = keep(Array.isArray(value) ? [] : {});
    if (Array.isArray(value)) copy.length = value.length;
    for (const key of Object.keys(value)) {
      defineProperty(copy, key, { value: clone(value[key], seen), writable: true, enumerable: true, configurable: true });
    }
    return copy;
  };
  replace(globalThis, "structuredClone", { structuredClone(value) { return clone(value, new Map()); } }.structuredClone);

  // --- Freeze. A frozen data property cannot be shadowed by assignment (`this.name = …` in an Error of one's own), so
  // what people do assign becomes an accessor that defines the property on the object at hand.
  const shadowable = (holder, keys) => {
    for (const key of keys) {
      const { value, writable } = getOwnPropertyDescriptor(holder, key) ?? {};
      if (writable !== true) continue;
      defineProperty(holder, key, {
        get() { return value; },
        set(changed) {
          if (this === holder) throw new TypeError(`cannot change the built-in ${String(key)}`);
          defineProperty(this, key, { value: changed, writable: true, enumerable: true, configurable: true });
        },
        enumerable: false,
        configurable: false,
      });
    }
  };
  hooks.freeze = () => {
    shadowable(Object.prototype, ownKeys(Object.prototype));
    for (const name of ["Error", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError",
      "InternalError", "AggregateError"]) {
      shadowable(globalThis[name].prototype, ["name", "message", "constructor", "toString"]);
    }
    const iterator = getPrototypeOf(getPrototypeOf([].values()));
    const asyncGenerator = (async function* () {})();
    const pending = [globalThis, iterator, [].values(), ""[Symbol.iterator](), new Map().values(), new Set().values(),
      /a/[Symbol.matchAll](""), (function* () {})(), asyncGenerator, async () => {}, function* () {},
      async function* () {}, [].values().map((item) => item), Iterator.from({ next() {} })];
    hooks.deepFreeze(pending);
  };
  const frozen = new Set();
  hooks.deepFreeze = (pending) => {
    while (pending.length > 0) {
      const item = pending.pop();
      if ((typeof item !== "object" && typeof item !== "function") || item === null || frozen.has(item)) continue;
      frozen.add(item);
      Object.freeze(item);
      pending.push(getPrototypeOf(item));
      for (const key of ownKeys(item)) {
        const { value, get, set } = getOwnPropertyDescriptor(item, key);
        pending.push(value, get, set);
      }
    }
  };
  return hooks;
})()
