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
  const LOCALE = "it has no locale data; format with Number.prototype.toFixed, String.prototype.padStart or a table of your own";
  for (const name of ["process", "require", "module", "exports", "Buffer", "fetch", "Request", "Response", "Headers",
    "XMLHttpRequest", "WebSocket", "setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval",
    "clearImmediate", "AbortController", "Blob", "File", "FormData", "URL", "URLSearchParams", "TextEncoder",
    "TextDecoder", "WebAssembly", "global", "window", "document", "navigator", "localStorage"]) missing(name, NODE);
  missing("Intl", LOCALE);
  for (const name of ["performance", "crypto", "WeakRef", "FinalizationRegistry"]) missing(name, RESULT);
  for (const name of ["Atomics", "SharedArrayBuffer"]) missing(name, "there are no threads to share with");
  missing("Proxy", "a proxy could keep the limits on time from working");

  const withoutLocale = (holder, name, allowed) => {
    const native = holder[name];
    replace(holder, name, { [name](...args) {
      if (allowed && args.every((arg) => arg === undefined)) return apply(native, this, []);
      throw new Error(`${name} is not available in this engine: ${LOCALE}`);
    } }[name]);
  };
  withoutLocale(Number.prototype, "toLocaleString", false);
  withoutLocale(BigInt.prototype, "toLocaleString", false);
  for (const name of ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]) withoutLocale(Date.prototype, name, false);
  withoutLocale(String.prototype, "localeCompare", false);
  withoutLocale(String.prototype, "toLocaleUpperCase", true);
  withoutLocale(String.prototype, "toLocaleLowerCase", true);

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
  const PlanDate = function Date(...args) {
    if (new.target === undefined) return new NativeDate(now()).toString();
    return construct(NativeDate, args.length === 0 ? [now()] : args, new.target);
  };
  defineProperty(PlanDate, "length", { value: 7 });
  defineProperty(PlanDate, "prototype", { value: NativeDate.prototype, writable: false });
  replace(PlanDate, "now", { now }.now);
  replace(PlanDate, "parse", NativeDate.parse);
  replace(PlanDate, "UTC", NativeDate.UTC);
  replace(NativeDate.prototype, "constructor", PlanDate);
  replace(globalThis, "Date", PlanDate);

  const SEED = 0x2545f491;
  let seed = SEED;
  hooks.restart = (nowMs) => { hooks.now = nowMs; seed = SEED; };
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
  replace(globalThis, "console", { log: say, info: say, debug: say, warn: say, error: say, trace: say });

  const clone = (value, seen) => {
    if (typeof value === "function" || typeof value === "symbol") {
      throw new TypeError(`a ${typeof value} cannot be cloned`);
    }
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
    const seen = new Set();
    while (pending.length > 0) {
      const item = pending.pop();
      if ((typeof item !== "object" && typeof item !== "function") || item === null || seen.has(item)) continue;
      seen.add(item);
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
