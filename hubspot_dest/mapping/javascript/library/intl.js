// Intl for the root locale and en-US, and the methods that need it (ECMA-402; data of Unicode CLDR 48).
//
// Other locales are an error that says so: a text in another form than in production would be worse than none.
(hooks) => {
  "use strict";
  const { defineProperty } = Object;
  const OURS = "this engine has the root locale and en-US";

  // --- Locales and options
  const resolveLocale = (given) => {
    const tags = given === undefined ? [] : typeof given === "string" ? [given] : Array.from(given);
    if (tags.length === 0) return "en-US";
    for (const tag of tags) {
      if (typeof tag !== "string" && (typeof tag !== "object" || tag === null)) throw new TypeError("Incorrect locale information provided");
      const name = String(tag);
      if (!/^([a-z]{2,3}|[a-z]{5,8})(-[a-z0-9]{1,8})*$/i.test(name)) throw new RangeError(`Incorrect locale information provided`);
      if (/^(en|en-us|und|en-latn-us|en-latn)$/i.test(name)) return name.toLowerCase() === "en" ? "en" : "en-US";
      throw new RangeError(`the locale ${name} is not available in this engine: ${OURS}`);
    }
    return "en-US";
  };
  const choose = (options, name, allowed, fallback) => {
    const value = options[name];
    if (value === undefined) return fallback;
    const text = String(value);
    if (!allowed.includes(text)) throw new RangeError(`Value ${text} out of range for Intl options property ${name}`);
    return text;
  };
  const whole = (options, name, low, high, fallback) => {
    const value = options[name];
    if (value === undefined) return fallback;
    const number = Number(value);
    if (!(number >= low && number <= high)) throw new RangeError(`${name} value is out of range.`);
    return Math.floor(number);
  };
  const missing = (what) => { throw new RangeError(`${what} is not available in this engine`); };
  const joined = (parts) => parts.map(({ value }) => value).join("");

  // --- Numbers
  const SYMBOLS = { AUD: "A$", BRL: "R$", CAD: "CA$", CNY: "CN¥", EUR: "€", GBP: "£", HKD: "HK$", ILS: "₪", INR: "₹", JPY: "¥", KRW: "₩",
    MXN: "MX$", NZD: "NZ$", PHP: "₱", TWD: "NT$", USD: "$", VND: "₫", XAF: "FCFA", XCD: "EC$", XCG: "Cg.", XOF: "F\u202fCFA", XPF: "CFPF" };
  const NARROW = { ARS: "$", AUD: "$", BDT: "৳", CAD: "$", CLP: "$", CNY: "¥", COP: "$", CRC: "₡", CZK: "Kč", DKK: "kr", EGP: "E£", GEL: "₾",
    HKD: "$", HUF: "Ft", IDR: "Rp", ISK: "kr", KZT: "₸", LKR: "Rs", MXN: "$", MYR: "RM", NGN: "₦", NOK: "kr", NZD: "$", PKR: "Rs", PLN: "zł",
    RON: "lei", RUB: "₽", SEK: "kr", SGD: "$", THB: "฿", TRY: "₺", TWD: "$", UAH: "₴", UYU: "$", ZAR: "R", BRL: "R$", EUR: "€", GBP: "£",
    ILS: "₪", INR: "₹", JPY: "¥", KRW: "₩", PHP: "₱", USD: "$", VND: "₫" };
  const DIGITS = { AFN: 0, ALL: 0, BHD: 3, BIF: 0, CLP: 0, COP: 0, DJF: 0, GNF: 0, HUF: 0, IDR: 0, IQD: 0, IRR: 0, ISK: 0, JOD: 3, JPY: 0, KMF: 0,
    KPW: 0, KRW: 0, KWD: 3, LAK: 0, LBP: 0, LYD: 3, MGA: 0, MMK: 0, OMR: 3, PKR: 0, PYG: 0, RWF: 0, SLL: 0, SOS: 0, SYP: 0, TND: 3, UGX: 0,
    VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0, YER: 0 };
  // What one is called, and what several are, where that is another word.
  const NAMES = { USD: ["US dollars"], EUR: ["euros"], GBP: ["British pounds"], CHF: ["Swiss francs"], JPY: ["Japanese yen"],
    CAD: ["Canadian dollars"], AUD: ["Australian dollars"], NZD: ["New Zealand dollars"], SEK: ["Swedish kronor"],
    NOK: ["Norwegian kroner"], DKK: ["Danish kroner"], PLN: ["Polish zlotys"], CZK: ["Czech korunas"], CNY: ["Chinese yuan"],
    INR: ["Indian rupees"], BRL: ["Brazilian reals"], MXN: ["Mexican pesos"], KRW: ["South Korean won"], SGD: ["Singapore dollars"],
    HKD: ["Hong Kong dollars"], ZAR: ["South African rand"], TRY: ["Turkish Lira"], ILS: ["Israeli new shekels"] };
  const SINGULAR = { USD: "US dollar", EUR: "euro", GBP: "British pound", CHF: "Swiss franc", CAD: "Canadian dollar", AUD: "Australian dollar",
    NZD: "New Zealand dollar", SEK: "Swedish krona", NOK: "Norwegian krone", DKK: "Danish krone", PLN: "Polish zloty", CZK: "Czech koruna",
    INR: "Indian rupee", BRL: "Brazilian real", MXN: "Mexican peso", SGD: "Singapore dollar", HKD: "Hong Kong dollar", ILS: "Israeli new shekel" };

  // A number as decimal digits and the place of the point: 12.5 is ["125", 2].
  const decimalOf = (value) => {
    const [, whole, fraction = "", exponent = "0"] = /^(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(value);
    const digits = (whole + fraction).replace(/^0+/, "");
    const dropped = whole.length + fraction.length - digits.length;
    return digits === "" ? ["", 0] : [digits.replace(/0+$/, ""), whole.length - dropped + Number(exponent)];
  };
  const roundAt = ([digits, point], places, mode) => { // keep `places` digits
    if (places >= digits.length) return [digits, point];
    const kept = digits.slice(0, Math.max(places, 0));
    const rest = places < 0 ? "" : digits.slice(places);
    let up = rest !== "" && rest[0] >= "5";
    if (mode === "trunc" || mode === "floor") up = false;
    if (mode === "ceil" || mode === "expand") up = places < 0 ? digits !== "" : /[1-9]/.test(rest);
    if (mode === "halfEven" && /^50*$/.test(rest)) up = Number(kept.at(-1) ?? 0) % 2 === 1;
    if (mode === "halfTrunc" && /^50*$/.test(rest)) up = false;
    if (!up) return [kept.replace(/0+$/, ""), point];
    if (kept === "") return ["1", point - Math.min(places, 0) + 1];
    const raised = String(BigInt(kept) + 1n).padStart(kept.length, "0");
    return [raised.replace(/0+$/, ""), point + raised.length - kept.length];
  };
  const COMPACT = [["", ""], ["K", "thousand"], ["M", "million"], ["B", "billion"], ["T", "trillion"]];

  class NumberFormat {
    #o;
    #bound = null;
    constructor(locales, options = {}) {
      const locale = resolveLocale(locales);
      if (options === null) throw new TypeError("Cannot convert undefined or null to object");
      const style = choose(options, "style", ["decimal", "percent", "currency", "unit"], "decimal");
      const currency = options.currency === undefined ? undefined : String(options.currency).toUpperCase();
      if (currency !== undefined && !/^[A-Z]{3}$/.test(currency)) throw new RangeError(`Invalid currency code : ${options.currency}`);
      if (style === "currency" && currency === undefined) throw new TypeError("Currency code is required with currency style.");
      if (style === "unit") missing("Intl.NumberFormat with style: \"unit\"");
      const notation = choose(options, "notation", ["standard", "scientific", "engineering", "compact"], "standard");
      if (notation === "scientific" || notation === "engineering") missing(`Intl.NumberFormat with notation: "${notation}"`);
      if (options.numberingSystem !== undefined && options.numberingSystem !== "latn") missing(`the numbering system ${options.numberingSystem}`);
      const significant = options.minimumSignificantDigits !== undefined || options.maximumSignificantDigits !== undefined;
      const counted = significant || options.minimumFractionDigits !== undefined || options.maximumFractionDigits !== undefined;
      const usual = notation === "standard" || counted; // a compact number has its own digits, unless they are chosen
      const standard = style === "currency" && usual ? (DIGITS[currency] ?? 2) : 0;
      const least = whole(options, "minimumFractionDigits", 0, 100, undefined);
      const most = whole(options, "maximumFractionDigits", 0, 100, undefined);
      const defaultMost = style === "currency" ? standard : style === "percent" || !usual ? 0 : 3;
      const minimum = least ?? Math.min(standard, most ?? standard);
      const maximum = most ?? Math.max(defaultMost, minimum);
      if (minimum > maximum) throw new RangeError("maximumFractionDigits value is out of range.");
      const minimumSignificant = significant ? whole(options, "minimumSignificantDigits", 1, 21, 1) : undefined;
      const grouping = options.useGrouping ?? (notation === "compact" ? "min2" : "auto");
      this.#o = {
        locale, numberingSystem: "latn", style, currency: style === "currency" ? currency : undefined,
        currencyDisplay: style === "currency" ? choose(options, "currencyDisplay", ["code", "symbol", "narrowSymbol", "name"], "symbol") : undefined,
        currencySign: style === "currency" ? choose(options, "currencySign", ["standard", "accounting"], "standard") : undefined,
        minimumIntegerDigits: whole(options, "minimumIntegerDigits", 1, 21, 1),
        minimumFractionDigits: minimum, maximumFractionDigits: maximum,
        minimumSignificantDigits: minimumSignificant,
        maximumSignificantDigits: significant ? whole(options, "maximumSignificantDigits", minimumSignificant, 21, 21) : undefined,
        useGrouping: grouping === true || grouping === "true" ? "always" : grouping === false || grouping === "false" ? false : grouping,
        notation, compactDisplay: notation === "compact" ? choose(options, "compactDisplay", ["short", "long"], "short") : undefined,
        signDisplay: choose(options, "signDisplay", ["auto", "never", "always", "exceptZero", "negative"], "auto"),
        roundingIncrement: 1,
        roundingMode: choose(options, "roundingMode", ["ceil", "floor", "expand", "trunc", "halfExpand", "halfTrunc", "halfEven"], "halfExpand"),
        roundingPriority: "auto",
        trailingZeroDisplay: choose(options, "trailingZeroDisplay", ["auto", "stripIfInteger"], "auto"),
      };
      if (options.roundingIncrement !== undefined && options.roundingIncrement !== 1) missing("roundingIncrement");
      this.#o.plainCompact = !usual;
      if (this.#o.currencyDisplay === "name" && NAMES[currency] === undefined) missing(`the name of the currency ${currency}`);
    }
    static supportedLocalesOf(locales) { return (typeof locales === "string" ? [locales] : Array.from(locales ?? [])).filter((tag) => { try { return Boolean(resolveLocale(tag)); } catch { return false; } }); }
    resolvedOptions() {
      const shown = {};
      for (const [key, value] of Object.entries(this.#o)) if (value !== undefined && key !== "plainCompact") shown[key] = value;
      return shown;
    }
    get format() {
      if (this.#bound === null) this.#bound = (value) => joined(this.formatToParts(value));
      return this.#bound;
    }
    formatToParts(value) {
      const o = this.#o;
      let number = typeof value === "bigint" ? value : typeof value === "string" && /^\s*-?\d+(\.\d*)?\s*$/.test(value) ? value.trim() : Number(value);
      const negative = typeof number === "string" ? number.startsWith("-") : number < 0 || Object.is(number, -0);
      const bare = typeof number === "string" ? number.replace("-", "") : String(negative && typeof number === "bigint" ? -number : Math.abs(Number(number)));
      const parts = [];
      let zero = false, one = false;
      if (bare === "NaN") parts.push({ type: "nan", value: "NaN" });
      else if (bare === "Infinity") parts.push({ type: "infinity", value: "∞" });
      else {
        let decimal = decimalOf(typeof number === "bigint" ? String(negative ? -number : number) : bare);
        if (o.style === "percent" && decimal[0] !== "") decimal = [decimal[0], decimal[1] + 2];
        let power = 0;
        const mode = negative && (o.roundingMode === "ceil" || o.roundingMode === "floor") ? (o.roundingMode === "ceil" ? "trunc" : "expand") : o.roundingMode;
        const shorten = (shown) => {
          if (o.plainCompact) return roundAt(shown, Math.max(shown[1], 2), mode); // two digits, but never fewer than the whole part
          return o.maximumSignificantDigits !== undefined ? roundAt(shown, o.maximumSignificantDigits, mode) : roundAt(shown, shown[1] + o.maximumFractionDigits, mode);
        };
        if (o.notation === "compact" && decimal[0] !== "") {
          power = Math.min(Math.max(Math.floor((decimal[1] - 1) / 3), 0), 4);
          let shown = shorten([decimal[0], decimal[1] - 3 * power]);
          if (shown[1] > 3 && power < 4) { power++; shown = shorten([decimal[0], decimal[1] - 3 * power]); }
          decimal = shown;
        } else decimal = shorten(decimal);
        const [digits, point] = decimal;
        zero = digits === "";
        let integer = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
        let fraction = point > 0 ? digits.slice(point) : zero ? "" : "0".repeat(-point) + digits;
        if (o.minimumSignificantDigits !== undefined) {
          const shown = zero ? 1 : point > 0 ? integer.length + fraction.length : digits.length;
          fraction += "0".repeat(Math.max(o.minimumSignificantDigits - shown, 0));
        } else fraction = fraction.padEnd(o.minimumFractionDigits, "0");
        if (o.trailingZeroDisplay === "stripIfInteger" && /^0*$/.test(fraction)) fraction = "";
        integer = integer.padStart(o.minimumIntegerDigits, "0");
        one = integer === "1" && fraction === "";
        const grouped = o.useGrouping !== false && integer.length > (o.useGrouping === "min2" ? 4 : 3);
        const groups = grouped ? integer.replace(/\B(?=(\d{3})+$)/g, ",").split(",") : [integer];
        groups.forEach((group, at) => {
          if (at > 0) parts.push({ type: "group", value: "," });
          parts.push({ type: "integer", value: group });
        });
        if (fraction !== "") parts.push({ type: "decimal", value: "." }, { type: "fraction", value: fraction });
        if (power > 0) {
          if (o.compactDisplay === "long") parts.push({ type: "literal", value: " " });
          parts.push({ type: "compact", value: COMPACT[power][o.compactDisplay === "long" ? 1 : 0] });
        }
      }
      if (o.style === "percent") parts.push({ type: "percentSign", value: "%" });
      const nan = bare === "NaN";
      const minus = { auto: negative && !nan, always: negative && !nan, never: false, exceptZero: negative && !zero && !nan, negative: negative && !zero && !nan }[o.signDisplay];
      const plus = !minus && (o.signDisplay === "always" || (o.signDisplay === "exceptZero" && !zero && !nan));
      if (o.style === "currency") {
        if (o.currencyDisplay === "name") {
          parts.push({ type: "literal", value: " " }, { type: "currency", value: one ? (SINGULAR[o.currency] ?? NAMES[o.currency][0]) : NAMES[o.currency][0] });
        } else {
          const symbol = o.currencyDisplay === "code" ? o.currency : o.currencyDisplay === "narrowSymbol" ? (NARROW[o.currency] ?? SYMBOLS[o.currency] ?? o.currency) : (SYMBOLS[o.currency] ?? o.currency);
          if (/[A-Za-z]$/.test(symbol)) parts.unshift({ type: "literal", value: "\u00a0" });
          parts.unshift({ type: "currency", value: symbol });
        }
        if (minus && o.currencySign === "accounting" && o.currencyDisplay !== "name") {
          return [{ type: "literal", value: "(" }, ...parts, { type: "literal", value: ")" }];
        }
      }
      if (minus) parts.unshift({ type: "minusSign", value: "-" });
      if (plus) parts.unshift({ type: "plusSign", value: "+" });
      return parts;
    }
    formatRange() { missing("Intl.NumberFormat.prototype.formatRange"); }
    formatRangeToParts() { missing("Intl.NumberFormat.prototype.formatRangeToParts"); }
    get [Symbol.toStringTag]() { return "Intl.NumberFormat"; }
  }

  // --- Dates
  const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
  const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
  const LONG_ZONES = { EST: "Eastern Standard Time", EDT: "Eastern Daylight Time", CST: "Central Standard Time", CDT: "Central Daylight Time",
    MST: "Mountain Standard Time", MDT: "Mountain Daylight Time", PST: "Pacific Standard Time", PDT: "Pacific Daylight Time",
    AKST: "Alaska Standard Time", AKDT: "Alaska Daylight Time", HST: "Hawaii-Aleutian Standard Time", HAST: "Hawaii-Aleutian Standard Time", HADT: "Hawaii-Aleutian Daylight Time",
    AST: "Atlantic Standard Time", ADT: "Atlantic Daylight Time",
    UTC: "Coordinated Universal Time", GMT: "Greenwich Mean Time", CET: "Central European Standard Time", CEST: "Central European Summer Time",
    EET: "Eastern European Standard Time", EEST: "Eastern European Summer Time", WET: "Western European Standard Time",
    BST: "British Summer Time",
    WEST: "Western European Summer Time", JST: "Japan Standard Time", IST: "India Standard Time" };
  const SHORT_ZONES = /^(E|C|M|P|AK|A|HA)[SD]T$|^HST$/;
  const UTC_ZONES = /^(UTC|GMT|Etc\/(UTC|GMT|UCT|Zulu|Universal|Greenwich)|UCT|Zulu|Universal|Greenwich|GMT[+-]?0)$/i;
  const zoneOf = (given) => {
    if (given === undefined) return { name: "UTC", table: null };
    const name = String(given);
    if (UTC_ZONES.test(name)) return { name: "UTC", table: null };
    const zone = hooks.zones.get(name.toLowerCase());
    if (zone === null) throw new RangeError(`Invalid time zone specified: ${name}`);
    if (zone === undefined) {
      if (/^[+-]\d{2}(:?\d{2})?$/.test(name)) throw new RangeError(`Invalid time zone specified: ${name}`); // Node 20 takes none
      throw new RangeError(`the time zone ${name} is not available in this engine: write its name as a text in the function, so that its table is put in`);
    }
    return zone;
  };
  const entryAt = ({ table }, ms) => { // [from, offset in seconds, abbreviation]
    if (table === null) return [0, 0, "UTC"];
    let low = 0, high = table.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (table[middle][0] <= ms) low = middle; else high = middle - 1;
    }
    return table[low];
  };
  const offsetText = (seconds, long) => {
    const minutes = Math.abs(Math.trunc(seconds / 60));
    const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
    const odd = Math.abs(seconds) % 60 === 0 ? "" : `:${String(Math.abs(seconds) % 60).padStart(2, "0")}`;
    const sign = seconds < 0 ? "-" : "+";
    if (long) return seconds === 0 ? "GMT+00:00" : `GMT${sign}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
    return `GMT${sign}${hours}${rest === 0 && odd === "" ? "" : `:${String(rest).padStart(2, "0")}`}${odd}`;
  };
  const zoneName = (zone, ms, style) => {
    const [, seconds, abbreviation] = entryAt(zone, ms);
    const known = zone.table === null ? "UTC" : abbreviation;
    if (style === "shortOffset") return offsetText(seconds, false);
    if (style === "longOffset") return offsetText(seconds, true);
    if (style === "short") {
      if (zone.table === null) return "UTC";
      if (zone.american && SHORT_ZONES.test(abbreviation)) return abbreviation;
      return abbreviation === "GMT" && seconds === 0 ? "GMT" : offsetText(seconds, false);
    }
    if (style === "long" && LONG_ZONES[known] !== undefined && (zone.table === null || zone.named)) return LONG_ZONES[known];
    return missing(`timeZoneName: "${style}" for ${zone.name}`);
  };
  const two = (number) => String(number).padStart(2, "0");
  const FIELDS = ["weekday", "era", "year", "month", "day", "dayPeriod", "hour", "minute", "second", "fractionalSecondDigits"];
  const STYLES = ["full", "long", "medium", "short"];
  const DATE_STYLES = {
    full: { weekday: "long", year: "numeric", month: "long", day: "numeric" },
    long: { year: "numeric", month: "long", day: "numeric" },
    medium: { year: "numeric", month: "short", day: "numeric" },
    short: { year: "2-digit", month: "numeric", day: "numeric" },
  };
  const TIME_STYLES = {
    full: { hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "long" },
    long: { hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "short" },
    medium: { hour: "numeric", minute: "2-digit", second: "2-digit" },
    short: { hour: "numeric", minute: "2-digit" },
  };
  const NUMERIC = ["numeric", "2-digit"];
  const TEXTS = ["narrow", "short", "long"];

  class DateTimeFormat {
    #o;
    #bound = null;
    constructor(locales, options = undefined, required = "any", defaults = "date") {
      const locale = resolveLocale(locales);
      if (options === null) throw new TypeError("Cannot convert undefined or null to object");
      const given = options ?? {};
      const o = {
        weekday: choose(given, "weekday", TEXTS), era: choose(given, "era", TEXTS), year: choose(given, "year", NUMERIC),
        month: choose(given, "month", [...NUMERIC, ...TEXTS]), day: choose(given, "day", NUMERIC), dayPeriod: choose(given, "dayPeriod", TEXTS),
        hour: choose(given, "hour", NUMERIC), minute: choose(given, "minute", NUMERIC), second: choose(given, "second", NUMERIC),
        fractionalSecondDigits: whole(given, "fractionalSecondDigits", 1, 3, undefined),
        timeZoneName: choose(given, "timeZoneName", ["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"]),
      };
      const dateStyle = choose(given, "dateStyle", STYLES), timeStyle = choose(given, "timeStyle", STYLES);
      const hour12 = given.hour12 === undefined ? undefined : Boolean(given.hour12);
      const cycle = choose(given, "hourCycle", ["h11", "h12", "h23", "h24"]);
      if (o.era !== undefined) missing("the era of a date");
      if (o.dayPeriod !== undefined) missing("the period of a day");
      for (const [key, only] of [["calendar", "gregory"], ["numberingSystem", "latn"]]) {
        if (given[key] !== undefined && given[key] !== only) missing(`${key} ${given[key]}`);
      }
      const styled = dateStyle !== undefined || timeStyle !== undefined;
      if (styled) {
        const other = Object.keys(o).find((key) => o[key] !== undefined);
        if (other !== undefined) throw new TypeError(`Can't set option ${other} when ${dateStyle !== undefined ? "dateStyle" : "timeStyle"} is used`);
        if ((required === "date" && timeStyle !== undefined) || (required === "time" && dateStyle !== undefined)) {
          throw new TypeError("Invalid option : " + (required === "date" ? "timeStyle" : "dateStyle"));
        }
        Object.assign(o, DATE_STYLES[dateStyle], TIME_STYLES[timeStyle]);
      } else {
        const has = (keys) => keys.some((key) => o[key] !== undefined);
        const dated = has(["weekday", "year", "month", "day"]), timed = has(["hour", "minute", "second", "fractionalSecondDigits"]);
        if (!((required !== "time" && dated) || (required !== "date" && timed))) {
          if (defaults !== "time") o.year = o.month = o.day = "numeric";
          if (defaults !== "date") o.hour = o.minute = o.second = "numeric";
        }
      }
      o.hourCycle = o.hour === undefined ? undefined : hour12 !== undefined ? (hour12 ? "h12" : "h24") : (cycle ?? "h12");
      if (hour12 === false && styled) o.hourCycle = "h23";
      this.#o = { locale, zone: zoneOf(given.timeZone), dateStyle, timeStyle, ...o };
    }
    static supportedLocalesOf(locales) { return NumberFormat.supportedLocalesOf(locales); }
    resolvedOptions() {
      const { locale, zone, dateStyle, timeStyle, hourCycle } = this.#o;
      const shown = { locale, calendar: "gregory", numberingSystem: "latn", timeZone: zone.name };
      if (hourCycle !== undefined) Object.assign(shown, { hourCycle, hour12: hourCycle === "h11" || hourCycle === "h12" });
      const fields = dateStyle !== undefined || timeStyle !== undefined ? ["dateStyle", "timeStyle"] : [...FIELDS, "timeZoneName"];
      for (const key of fields) if (this.#o[key] !== undefined) shown[key] = (key === "minute" || key === "second") && this.#o.hour !== undefined ? "2-digit" : this.#o[key];
      return shown;
    }
    get format() {
      if (this.#bound === null) this.#bound = (date) => joined(this.formatToParts(date));
      return this.#bound;
    }
    formatToParts(given) {
      const ms = given === undefined ? Date.now() : Number(given);
      if (!(Math.abs(ms) <= 8.64e15)) throw new RangeError("Invalid time value");
      const o = this.#o;
      const local = new Date(ms + entryAt(o.zone, ms)[1] * 1000);
      const parts = [];
      const put = (type, value) => parts.push({ type, value: String(value) });
      const literal = (value) => put("literal", value);
      const year = () => { const full = local.getUTCFullYear(); put("year", o.year === "2-digit" ? two(((full % 100) + 100) % 100) : full > 0 ? full : 1 - full); };
      const text = (words, at, style) => (style === "long" ? words[at] : style === "short" ? words[at].slice(0, 3) : words[at][0]);
      const month = () => {
        const at = local.getUTCMonth();
        put("month", o.month === "numeric" ? at + 1 : o.month === "2-digit" ? two(at + 1) : text(MONTHS, at, o.month));
      };
      const day = () => put("day", o.day === "2-digit" ? two(local.getUTCDate()) : local.getUTCDate());
      const weekday = () => put("weekday", text(DAYS, local.getUTCDay(), o.weekday));
      const worded = o.month !== undefined && TEXTS.includes(o.month);
      const dated = o.year !== undefined || o.month !== undefined || o.day !== undefined;
      if (o.weekday !== undefined) {
        if (o.day !== undefined && o.month === undefined && o.year === undefined) { day(); literal(" "); weekday(); }
        else if (o.month !== undefined && o.day !== undefined) { weekday(); literal(", "); }
        else if (!dated) weekday();
      }
      if (o.month !== undefined && worded) {
        month();
        if (o.day !== undefined) { literal(" "); day(); }
        if (o.year !== undefined) { literal(o.day !== undefined ? ", " : " "); year(); }
      } else if (o.month !== undefined) {
        month();
        if (o.day !== undefined) { literal("/"); day(); }
        if (o.year !== undefined) { literal("/"); year(); }
      } else if (o.day !== undefined && o.weekday === undefined) {
        if (o.year !== undefined) { year(); literal(" (day: "); day(); literal(")"); } else day();
      } else if (o.year !== undefined) year();
      const odd = o.weekday !== undefined && (o.year !== undefined || o.month !== undefined) && (o.month === undefined || o.day === undefined);
      if (odd || (o.second !== undefined && o.hour !== undefined && o.minute === undefined)) missing("this choice of fields of a date");
      const timed = o.hour !== undefined || o.minute !== undefined || o.second !== undefined || o.fractionalSecondDigits !== undefined;
      const twelve = o.hourCycle === "h12" || o.hourCycle === "h11";
      const joint = o.month === "long" ? " at " : ", ";
      if (timed) {
        if (parts.length > 0) {
          const close = o.weekday !== undefined && !dated && o.timeZoneName === undefined && o.hour !== undefined && (twelve || o.minute !== undefined);
          literal(close ? " " : joint);
        }
        let separator = "";
        if (o.hour !== undefined) {
          const hours = local.getUTCHours();
          const shown = { h12: hours % 12 || 12, h11: hours % 12, h23: hours, h24: hours || 24 }[o.hourCycle];
          put("hour", o.hour === "2-digit" || !twelve ? two(shown) : shown);
          separator = ":";
        }
        if (o.minute !== undefined) {
          if (separator !== "") literal(separator);
          put("minute", o.hour !== undefined || o.second !== undefined ? two(local.getUTCMinutes()) : local.getUTCMinutes());
          separator = ":";
        }
        if (o.second !== undefined) {
          if (separator !== "") literal(separator);
          put("second", o.minute !== undefined || o.hour !== undefined ? two(local.getUTCSeconds()) : local.getUTCSeconds());
        }
        if (o.fractionalSecondDigits !== undefined) {
          if (o.second !== undefined) literal(".");
          put("fractionalSecond", String(local.getUTCMilliseconds()).padStart(3, "0").slice(0, o.fractionalSecondDigits));
        }
        if (o.hour !== undefined && twelve) { literal(" "); put("dayPeriod", local.getUTCHours() < 12 ? "AM" : "PM"); }
      }
      if (o.timeZoneName !== undefined) {
        literal(!timed ? joint : o.hour !== undefined && !twelve && o.minute === undefined ? "h " : " ");
        put("timeZoneName", zoneName(o.zone, ms, o.timeZoneName));
      }
      return parts;
    }
    formatRange() { missing("Intl.DateTimeFormat.prototype.formatRange"); }
    formatRangeToParts() { missing("Intl.DateTimeFormat.prototype.formatRangeToParts"); }
    get [Symbol.toStringTag]() { return "Intl.DateTimeFormat"; }
  }

  // --- Order of texts
  const weights = new Map(); // character -> [primary, accent, form]
  const markWeights = new Map();
  const readOrder = () => {
    if (hooks.collation === undefined) missing("the order of texts, unless the text of the function names localeCompare or Collator: it");
    if (weights.size > 0) return;
    let primary = 0, accent = 0, form = 0, mode = "";
    for (const character of hooks.collation.order) {
      if (character === "\u0001" || character === "\u0002") { mode = character; continue; }
      if (mode === "") { primary++; accent = 0; form = 0; }
      else if (mode === "\u0001") form++;
      else { accent = 16; form = 0; }
      mode = "";
      weights.set(character, [primary, accent, form]);
    }
    let weight = 0, same = false;
    for (const mark of hooks.collation.marks) {
      if (mark === "\u0001") { same = true; continue; }
      if (!same) weight++;
      same = false;
      markWeights.set(mark, weight);
    }
  };
  const BEYOND = 1_000_000;
  const LIGATURES = "æÆœŒ";
  const elements = (text, numeric) => {
    const found = []; // [primary, accents, form]
    const characters = Array.from(text);
    for (let at = 0; at < characters.length; at++) {
      const character = characters[at];
      const mark = markWeights.get(character);
      if (mark !== undefined) {
        if (found.length > 0) found.at(-1)[1].push(mark);
        continue;
      }
      if (numeric && character >= "0" && character <= "9") {
        let digits = "";
        while (at < characters.length && characters[at] >= "0" && characters[at] <= "9") digits += characters[at++];
        at--;
        digits = digits.replace(/^0+(?=.)/, "");
        const [zero] = weights.get("0");
        found.push([zero, [], 0], [digits.length, [], 0], ...Array.from(digits, (digit) => [Number(digit), [], 0]));
        continue;
      }
      const weight = weights.get(character);
      if (weight !== undefined) { found.push([weight[0], weight[1] === 0 ? [] : [weight[1]], weight[2]]); continue; }
      const expansion = hooks.collation.expansions.get(character);
      if (expansion !== undefined) {
        const inner = elements(expansion, false);
        inner.forEach((one) => { one[2] += character === character.toLowerCase() ? 4 : 10; });
        if (LIGATURES.includes(character)) inner[0][1].push(BEYOND); // they follow all accents of their first letter
        found.push(...inner);
        continue;
      }
      const code = character.codePointAt(0);
      if (code < 32 || code === 0x7f || (code >= 0x80 && code < 0xa0) || code === 0xad || (code >= 0x200b && code <= 0x200f) || code === 0xfeff) continue;
      if ((code >= 0x4e00 && code <= 0x9fff) || (code >= 0xac00 && code <= 0xd7a3)) {
        found.push([BEYOND + (code >= 0xac00 ? code - 0xac00 : code + 0x10000), [], 0]);
        continue;
      }
      throw new RangeError(`the order of "${character}" is not available in this engine: it has that of Latin, Greek, Cyrillic, Han and Hangul letters, digits and common signs`);
    }
    return found;
  };
  // Letters with a place of their own (й) stay whole, and so do Hangul syllables.
  const decompose = (text) => (/^[\x20-\x7e]*$/.test(text) ? text
    : Array.from(text.normalize("NFC"), (one) => (weights.has(one) || /[\uac00-\ud7a3]/.test(one) ? one : one.normalize("NFD"))).join(""));
  const lists = (one, other) => {
    for (let at = 0; at < Math.min(one.length, other.length); at++) {
      if (one[at] !== other[at]) return one[at] < other[at] ? -1 : 1;
    }
    return Math.sign(one.length - other.length);
  };
  const order = (one, other, { numeric, sensitivity, caseFirst, ignorePunctuation }) => {
    if (one === other) return 0;
    readOrder();
    let [left, right] = [elements(decompose(one), numeric), elements(decompose(other), numeric)];
    if (ignorePunctuation) {
      const [zero] = weights.get("0"), [currency] = weights.get("`");
      const letters = (list) => list.filter(([primary]) => primary >= Math.min(zero, currency));
      [left, right] = [letters(left), letters(right)];
    }
    const level = (make) => lists(left.flatMap(make), right.flatMap(make));
    let result = level(([primary]) => [primary]);
    if (result !== 0 || sensitivity === "base") return result;
    if (sensitivity !== "case") {
      result = level(([, accents]) => [0, ...accents]);
      if (result !== 0 || sensitivity === "accent") return result;
    }
    result = level(([, , form]) => [form]);
    return caseFirst === "upper" ? -result : result;
  };

  class Collator {
    #o;
    #bound = null;
    constructor(locales, options = {}) {
      const locale = resolveLocale(locales);
      this.#o = {
        locale, usage: choose(options, "usage", ["sort", "search"], "sort"),
        sensitivity: choose(options, "sensitivity", ["base", "accent", "case", "variant"], "variant"),
        ignorePunctuation: Boolean(options.ignorePunctuation), collation: "default",
        numeric: Boolean(options.numeric), caseFirst: choose(options, "caseFirst", ["upper", "lower", "false"], "false"),
      };
    }
    static supportedLocalesOf(locales) { return NumberFormat.supportedLocalesOf(locales); }
    get compare() {
      if (this.#bound === null) this.#bound = (one, other) => order(String(one), String(other), this.#o);
      return this.#bound;
    }
    resolvedOptions() { return { ...this.#o }; }
    get [Symbol.toStringTag]() { return "Intl.Collator"; }
  }

  // --- Words around numbers and lists
  class PluralRules {
    #o;
    constructor(locales, options = {}) { this.#o = { locale: resolveLocale(locales), type: choose(options, "type", ["cardinal", "ordinal"], "cardinal") }; }
    static supportedLocalesOf(locales) { return NumberFormat.supportedLocalesOf(locales); }
    select(value) {
      const number = Math.abs(Number(value));
      if (this.#o.type === "cardinal") return number === 1 ? "one" : "other";
      const [tens, ones] = [number % 100, number % 10];
      if (ones === 1 && tens !== 11) return "one";
      if (ones === 2 && tens !== 12) return "two";
      return ones === 3 && tens !== 13 ? "few" : "other";
    }
    resolvedOptions() { return { ...this.#o, pluralCategories: this.#o.type === "cardinal" ? ["one", "other"] : ["few", "one", "two", "other"] }; }
    get [Symbol.toStringTag]() { return "Intl.PluralRules"; }
  }
  class ListFormat {
    #type; #style; #locale;
    constructor(locales, options = {}) {
      this.#locale = resolveLocale(locales);
      this.#type = choose(options, "type", ["conjunction", "disjunction", "unit"], "conjunction");
      this.#style = choose(options, "style", ["long", "short", "narrow"], "long");
    }
    static supportedLocalesOf(locales) { return NumberFormat.supportedLocalesOf(locales); }
    format(list) {
      const items = Array.from(list);
      if (items.some((item) => typeof item !== "string")) throw new TypeError("Iterable yielded a non-String value");
      if (items.length < 2) return items.join("");
      if (this.#type === "unit") return items.join(this.#style === "narrow" ? " " : ", ");
      const short = this.#type === "conjunction" && this.#style !== "long";
      const word = this.#type === "disjunction" ? "or" : this.#style === "narrow" ? "" : short ? "&" : "and";
      const last = items.at(-1), first = items.slice(0, -1).join(", ");
      if (word === "") return `${first}, ${last}`;
      return items.length === 2 ? `${first} ${word} ${last}` : `${first}, ${word} ${last}`;
    }
    resolvedOptions() { return { locale: this.#locale, type: this.#type, style: this.#style }; }
    get [Symbol.toStringTag]() { return "Intl.ListFormat"; }
  }
  const UNITS = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];
  const AUTO = { second: { 0: "now" }, minute: { 0: "this minute" }, hour: { 0: "this hour" }, day: { "-1": "yesterday", 0: "today", 1: "tomorrow" } };
  class RelativeTimeFormat {
    #numeric; #locale;
    constructor(locales, options = {}) {
      this.#locale = resolveLocale(locales);
      this.#numeric = choose(options, "numeric", ["always", "auto"], "always");
      if (choose(options, "style", ["long", "short", "narrow"], "long") !== "long") missing("Intl.RelativeTimeFormat with another style than long");
    }
    static supportedLocalesOf(locales) { return NumberFormat.supportedLocalesOf(locales); }
    format(value, given) {
      const unit = String(given).replace(/s$/, "");
      if (!UNITS.includes(unit)) throw new RangeError(`Invalid unit argument for format() '${given}'`);
      const number = Number(value);
      if (!Number.isFinite(number)) throw new RangeError("Invalid time value");
      if (this.#numeric === "auto") {
        const word = AUTO[unit]?.[number] ?? (Math.abs(number) <= 1 && Number.isInteger(number) && UNITS.indexOf(unit) > 3 ? `${["last", "this", "next"][number + 1]} ${unit}` : undefined);
        if (word !== undefined) return word;
      }
      const past = number < 0 || Object.is(number, -0);
      const shown = new NumberFormat("en-US").format(Math.abs(number));
      const words = `${shown} ${unit}${Math.abs(number) === 1 ? "" : "s"}`;
      return past ? `${words} ago` : `in ${words}`;
    }
    resolvedOptions() { return { locale: this.#locale, style: "long", numeric: this.#numeric, numberingSystem: "latn" }; }
    get [Symbol.toStringTag]() { return "Intl.RelativeTimeFormat"; }
  }

  const callable = (Class) => { // `Intl.NumberFormat("en-US")` works without `new`
    const plain = { [Class.name](locales, options) { return new Class(locales, options); } }[Class.name];
    const both = function (locales, options) { return new Class(locales, options); };
    defineProperty(both, "name", { value: plain.name });
    defineProperty(both, "prototype", { value: Class.prototype, writable: false });
    defineProperty(both, "supportedLocalesOf", { value: Class.supportedLocalesOf, enumerable: false });
    defineProperty(Class.prototype, "constructor", { value: both, writable: true, configurable: true });
    return both;
  };
  const Intl = { NumberFormat: callable(NumberFormat), DateTimeFormat: callable(DateTimeFormat), Collator: callable(Collator), PluralRules, ListFormat, RelativeTimeFormat,
    getCanonicalLocales(locales) { return (typeof locales === "string" ? [locales] : Array.from(locales ?? [])).map((tag) => resolveLocale(tag)); } };
  for (const name of ["DisplayNames", "Segmenter", "Locale", "DurationFormat", "supportedValuesOf"]) {
    defineProperty(Intl, name, { get() { throw new TypeError(`Intl.${name} is not available in this engine`); } });
  }
  defineProperty(Intl, Symbol.toStringTag, { value: "Intl" });

  const plainOptions = { numeric: false, sensitivity: "variant", caseFirst: "false", ignorePunctuation: false };
  hooks.locale = {
    number: (value, locales, options) => joined(new NumberFormat(locales, options).formatToParts(value)),
    date: (value, locales, options, required, defaults) => {
      const format = new DateTimeFormat(locales, options, required, defaults);
      return Number.isNaN(value) ? "Invalid Date" : joined(format.formatToParts(value));
    },
    compare: (one, other, locales, options) => {
      if (options !== undefined) return new Collator(locales, options).compare(one, other);
      resolveLocale(locales);
      return order(one, other, plainOptions);
    },
  };
  return { Intl };
}
