/* tandem.js: the browser library. `make snippet` minifies this file to tandem.min.js, which the server sends at /tandem.js;
   that one may have 6,144 bytes, which is why names are taken apart once and words are short here and there. Its settings,
   calls and what it stores are described in docs/browser.md. */
(() => {
  const { document: doc, location: here, navigator: agent } = window;
  const { keys } = Object;
  const early = window.tandem || [];
  if (!early.map) return; // A page may have the tag twice.
  const script = doc.currentScript || doc.querySelector("script[data-write-key]");
  const { writeKey, apiHost, autopage, forms, consent: needed, cookieDomain } = script.dataset;
  const host = apiHost || new URL(script.src).origin;
  const PREFIX = "tandem_";
  const ANONYMOUS = "anonymous_id";
  const USER = "user_id";
  const QUEUE = `queue_${writeKey}_`;
  const CHUNK = 6e4; // Bytes: browsers take 64 KiB from a page that closes.
  const on = (type, action) => addEventListener(type, action, true);
  const json = JSON.stringify;
  const parsed = (text) => JSON.parse(text || null);
  const clock = Date.now;

  // Storage: `box` is localStorage, but an object of this page until consent is given or where there is none.
  let local = {};
  let preferences;
  try {
    local = localStorage;
    preferences = parsed(local[PREFIX + "consent"]);
  } catch {}
  const permits = () =>
    !needed || (preferences && (needed == "required" ? keys(preferences).some((name) => preferences[name]) : preferences[needed]));
  let allowed = permits();
  if (!allowed) preferences = null;
  let box = allowed ? local : {};

  const read = (name) => box[PREFIX + name];
  const write = (name, value) => {
    if (value == null) delete box[PREFIX + name];
    else
      try {
        box[PREFIX + name] = value;
      } catch {
        (box = { ...box })[PREFIX + name] = value; // No room.
      }
  };
  const drop = (list) => list.forEach((name) => write(name));
  const names = (start) =>
    keys(box).filter((name) => name.startsWith(PREFIX + start)).sort().map((name) => name.slice(PREFIX.length));

  const cookie = (name) => {
    try {
      return allowed && decodeURIComponent(doc.cookie.match(`(?:^|; )${name}=([^;]+)`)[1]);
    } catch {}
  };
  let domain = cookieDomain;
  const bake = (name, value, age, at = domain) => {
    try {
      doc.cookie =
        `${name}=${encodeURIComponent(value)};path=/;samesite=lax;max-age=${age}` +
        (at ? ";domain=" + at : "") + (here.protocol == "https:" ? ";secure" : "");
    } catch {}
  };
  // Ids live in cookies of the widest domain that takes one (browsers refuse public suffixes), and in localStorage only
  // where cookies are refused.
  const kept = (name) => cookie(PREFIX + name) || read(name);
  const keep = (name, value) => {
    if (allowed) {
      const labels = here.hostname.split(".");
      for (let n = 2; domain == null; n++) {
        const candidate = n > labels.length ? "" : labels.slice(-n).join(".");
        bake(PREFIX, 1, 9, candidate);
        if (!candidate || cookie(PREFIX)) domain = candidate;
        bake(PREFIX, "", 0, candidate);
      }
      bake(PREFIX + name, value || "", value ? 31536e3 : 0);
    }
    write(name, value && cookie(PREFIX + name) != value ? value : null);
  };

  // Identity
  const uuid = () =>
    crypto.randomUUID?.() || // Not there without https, but the address of a blob ends in one.
    URL.createObjectURL(new Blob()).slice(-36);
  const anonymousId = (value) => {
    const known = kept(ANONYMOUS);
    // A site that comes from analytics.js keeps its visitors.
    const id = value || known || cookie("ajs_anonymous_id")?.replace(/"/g, "") || uuid();
    if (id != known) keep(ANONYMOUS, id);
    return id;
  };

  // Messages
  const place = () => ({
    path: here.pathname, search: here.search, title: doc.title, url: here.href.split("#")[0], referrer: doc.referrer,
  });
  const context = (isForm) => {
    const now = clock();
    let campaign;
    for (const [name, value] of new URLSearchParams(here.search))
      if (/^utm_./.test(name)) (campaign ||= {})[name == "utm_campaign" ? "name" : name.slice(4)] = value;
    let session = parsed(read("session"));
    if (!(now - session?.at < 18e5)) session = { id: uuid() };
    session.at = now;
    session.campaign = campaign || session.campaign;
    write("session", json(session));
    return {
      // A form is the fruit of the campaign that began the session, on whatever page it stands.
      campaign: isForm ? session.campaign : campaign,
      consent: preferences ? { categoryPreferences: preferences } : undefined,
      groupId: read("group_id"),
      library: { name: "tandem.js", version: "1" },
      locale: agent.language,
      page: place(),
      screen: { width: screen.width, height: screen.height },
      sessionId: session.id,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      userAgent: agent.userAgent,
    };
  };

  let sequence = 0;
  const send = (type, fields, options) => {
    const { context: extra, ...rest } = options || {};
    const messageId = uuid();
    const message = {
      type, messageId, anonymousId: anonymousId(), userId: kept(USER), timestamp: new Date(), ...fields, ...rest,
      context: { ...context(extra?.form), ...extra },
    };
    if (!allowed && preferences) return; // Consent was refused.
    const waiting = names(QUEUE);
    while (waiting.length > 99) write(waiting.shift());
    sequence = Math.max(clock() * 1e3, sequence + 1);
    write(QUEUE + sequence + messageId, json(message));
    later(300);
  };

  // Sending. One key a message, so that tabs never write over each other; `next` is the time before which no tab may send:
  // the lease of the one that does, or the pause that the server asked for.
  let timer, sending, lost; // `lost`: the pause that this tab set because there was no answer.
  let tries = 0;
  const gate = () => {
    const wait = read("next") - clock();
    return wait > 0 && wait < 36e5 ? wait : 0;
  };
  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(flush, wait);
  };
  const take = (except) => {
    const taken = [];
    const texts = [];
    let size = 200;
    for (const name of names(QUEUE)) {
      const text = read(name);
      if (!text || except?.includes(name)) continue;
      size += new Blob([text]).size + 1;
      if (taken[0] && size > CHUNK) break;
      taken.push(name);
      texts.push(text);
    }
    return [taken, `{"writeKey":"${writeKey}","sentAt":${json(new Date())},"batch":[${texts}]}`, size];
  };
  const flush = () => {
    if (!allowed || sending) return;
    if (gate()) return later(gate());
    // Tabs that wake together all write a lease; a moment later the last one stands in all of them.
    const lease = clock() + 2e4 + Math.random();
    sending = [];
    write("next", lease);
    setTimeout(post, 99, lease);
  };
  const post = (lease) => {
    const [taken, body, size] = take();
    sending = null;
    if (read("next") != lease) return later(gate());
    if (!taken[0]) return write("next");
    sending = taken;
    fetch(host + "/v1/batch", {
      method: "POST", body, keepalive: size < CHUNK, signal: AbortSignal.timeout?.(15e3), // A string goes as text/plain.
    }).then(
      ({ status, headers }) => {
        if (/408|429|5../.test(status)) return failed(headers.get("Retry-After"));
        drop(taken);
        tries = 0;
        pause(0);
      },
      () => failed(""),
    );
  };
  const failed = (after) => {
    const asked = after > 0 ? after * 1e3 : Date.parse(after) - clock();
    tries++;
    pause(Math.min(asked > 0 ? asked : Math.min(2 ** tries, 64) * 500 * (1 + Math.random()), 35e5));
    if (after === "") lost = read("next");
  };
  const pause = (wait) => {
    sending = null;
    write("next", clock() + wait);
    later(wait);
  };
  // What is left goes by beacon, unless sending fails: a beacon's fate is unknown, and the next page can try again.
  const leave = ({ type }) => {
    const closes = type == "pagehide";
    if (!allowed || !(closes || doc.hidden)) return;
    if (!tries && agent.onLine && (sending || !gate()))
      for (;;) {
        const [taken, body] = take(sending);
        if (!taken[0] || !agent.sendBeacon(`${host}/beacon/v1/batch?writeKey=${writeKey}`, body)) break;
        drop(taken);
      }
    if (closes && sending) write("next");
  };

  // Calls: ids and names first, then an object and options, all of which may be missing.
  const split = (values, most) => {
    const texts = [];
    while (texts.length < most && values.length && !(values[0] instanceof Object)) texts.push(values.shift());
    return [texts, values[0] || {}, values[1]];
  };
  const identify = ([id], traits, options) => {
    const before = kept(USER);
    if (id == null || !before || before == id) traits = { ...parsed(read("traits")), ...traits };
    else anonymousId(uuid()); // Another person at the same browser.
    if (id != null) keep(USER, id);
    write("traits", json(traits));
    send("identify", { traits }, options);
  };
  const track = ([event], properties, options) => send("track", { event, properties }, options);
  const consented = () => track(["Segment Consent Preference Updated"]);
  const api = {
    page(...values) {
      const [[first, second], properties, options] = split(values, 2);
      const named = second == null ? { name: first } : { category: first, name: second };
      send("page", { ...named, properties: { ...place(), ...named, ...properties } }, options);
    },
    track: (...values) => track(...split(values, 1)),
    identify: (...values) => identify(...split(values, 1)),
    group(...values) {
      const [[id], traits, options] = split(values, 1);
      if (id != null) write("group_id", id);
      send("group", { groupId: read("group_id"), traits }, options);
    },
    alias: (userId, previousId, options) =>
      send("alias", { userId, previousId: previousId || kept(USER) || anonymousId() }, options),
    reset() {
      keep(USER);
      drop(["traits", "group_id", "session"]);
      anonymousId(uuid());
    },
    consent(choice) {
      preferences = {};
      for (const name in choice) preferences[name] = !!choice[name];
      const held = box;
      if (permits()) {
        const isNew = read("consent") != json(preferences);
        if (!allowed) {
          allowed = true;
          box = local;
          for (const name in held) {
            const message = /_queue_/.test(name) && parsed(held[name]);
            if (message) message.context.consent = { categoryPreferences: preferences };
            (/[rs]_id$/.test(name) ? keep : write)(name.slice(PREFIX.length), message ? json(message) : held[name]);
          }
        }
        write("consent", json(preferences));
        if (isNew) consented();
        later(0);
      } else {
        if (allowed) {
          // Withdrawn: the server is told, then all of it is forgotten.
          consented();
          leave({ type: "pagehide" });
          keep(ANONYMOUS);
          keep(USER);
          drop(names(""));
        }
        allowed = false;
        box = {};
      }
    },
    anonymousId,
    ready: (action) => action(),
    push: ([name, ...values]) => calls[name](...values),
  };

  // Forms. Their person's fields go with the identify, which is marked as a form's so that the server leaves the lead to the
  // submission, and with that too, which so says all by itself. A field is left out by what it says of itself, and by what looks like the number of a card.
  const SECRET =
    /^(hid|file|sub|but|res)|pass|secret|token|one-time|card|cc-|cvc|cvv|iban|\bpin\b/;
  const TRAITS = {
    email: /e-?mail/,
    phone: /\btel\b|phone|mobil/,
    firstName: /given-|first[_-]?name/,
    lastName: /family-|last[_-]?name|surname/,
    name: /(^| )(full[_-]?)?name( |$)/,
  };
  const IGNORED = "[data-tandem-ignore]";
  const submit = ({ target: form }) => {
    // Fields may be named as properties of the form.
    const attribute = (name) => form.getAttribute(name) || undefined;
    if (form.closest(IGNORED) || !(form.matches("[data-tandem-form]") || forms == "all")) return;
    const traits = {};
    const fields = {};
    const consent = [];
    for (const field of form.elements) {
      const { type, name, id, value } = field;
      const hint = `${type} ${field.autocomplete} ${name} ${id}`.toLowerCase();
      const isBox = /box|radio/.test(type);
      const key = name || id;
      const purpose = field.dataset.tandemConsent;
      if (purpose != null) {
        consent.push({ purpose: purpose || key, given: field.checked, text: field.labels[0]?.innerText });
        continue;
      }
      if (
        !key || !value || field.disabled || (isBox && !field.checked) || SECRET.test(hint) ||
        /^[3-6]([ -]?\d){12,18}$/.test(value.trim()) || field.closest(IGNORED)
      )
        continue;
      const trait = field.dataset.tandemTrait || (!isBox && keys(TRAITS).find((trait) => TRAITS[trait].test(hint)));
      if (trait) traits[trait] ||= value;
      else fields[key] = key in fields ? [].concat(fields[key], value) : value;
    }
    const form_id = attribute("id");
    const name = attribute("data-tandem-form") || attribute("name") || form_id;
    const options = { context: { form: true, traits } };
    if (keys(traits)[0]) identify([], traits, options);
    track(["Form Submitted"], { form: name, form_id, ...place(), fields, consent }, options);
  };

  // Start. An error of ours never stops the page's own script.
  const guarded = (call) => (...values) => {
    try {
      return call(...values);
    } catch (error) {
      console.error(error);
    }
  };
  const calls = {};
  for (const name in api) calls[name] = guarded(api[name]);
  if (allowed) for (const name of [ANONYMOUS, USER]) keep(name, kept(name)); // For one more year.
  window.tandem = calls;
  early.forEach(calls.push);
  if (autopage != "off" && !early.some(([name]) => name == "page")) calls.page();
  if (forms != "off") on("submit", guarded(submit));
  on("pagehide", leave);
  on("visibilitychange", leave);
  on("online", () => {
    if (lost == read("next")) pause(0);
  });
  later(0);
})();
