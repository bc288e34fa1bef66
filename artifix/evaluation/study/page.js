"use strict";
(() => {
  const KIND = "artifix study answers";
  const HOLD_MS = 250; // a pointer held so long looks closer instead of choosing
  const FRAME_PX = [32, 57]; // what a picture's frame and the gap to the next one take, across and down
  const CLOSEST = 8, LEAST_CLOSE = 1.5; // limits of the magnification
  const part = (id) => document.getElementById(id);
  const blocks = (kind) => Array.from(document.querySelectorAll(`script.${kind}`), (one) => JSON.parse(one.textContent));
  const study = blocks("study")[0];
  const pictures = new Map(blocks("picture").map((one) => [one.id, one]));
  const texts = study.texts;
  const isRank = study.form === "rank";
  const place = `artifix-study/${study.study}`;
  const [choices, views] = [part("choices"), part("pictures")];

  function say(name, values = {}) {
    return texts[name].replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key] : whole));
  }

  function prose(target, name) {
    const paragraphs = texts[name].split(/\n\s*\n/).map((text) => {
      const paragraph = document.createElement("p");
      paragraph.textContent = text.replace(/\s+/g, " ").trim();
      return paragraph;
    });
    target.replaceChildren(...paragraphs);
  }

  // Numbers drawn from a text, as drawing_lots.py draws them.
  function lots(text) {
    const hashed = (number) => {
      let found = 2166136261;
      for (const sign of `${text}/${number}`) found = Math.imul(found ^ sign.charCodeAt(0), 16777619);
      return (found | 1) >>> 0;
    };
    const state = [0, 1, 2, 3].map(hashed);
    const next = () => {
      const [x, y, z, w] = state;
      const t = (x ^ (x << 11)) >>> 0;
      const drawn = ((w ^ (w >>> 19)) ^ (t ^ (t >>> 8))) >>> 0;
      state.splice(0, 4, y, z, w, drawn);
      return drawn;
    };
    for (let skipped = 0; skipped < 16; skipped += 1) next();
    const below = (count) => Math.floor((next() * count) / 4294967296);
    return (items) => {
      const order = [...items];
      for (let last = order.length - 1; last > 0; last -= 1) {
        const other = below(last + 1);
        [order[last], order[other]] = [order[other], order[last]];
      }
      return order;
    };
  }

  // What a rater goes through: the beginning of each part, its questions, the end.
  function stepsOf(rater) {
    const steps = [];
    study.parts.forEach((one, index) => {
      const shuffled = lots(`${study.study}/${rater}/${one.name}`);
      steps.push({ kind: "part", part: one.name, index });
      for (const question of shuffled(one.questions)) {
        steps.push({ kind: "question", part: one.name, index, question, shown: shuffled(question.pictures) });
      }
    });
    steps.push({ kind: "end" });
    return steps;
  }

  // What is kept in the browser: all raters of this study, each with answers by question.
  const kept = read();
  let rater = null; // who answers
  let steps = [];
  let since = null; // when the question was shown or shown again [ms]

  function read() {
    try {
      const found = JSON.parse(localStorage.getItem(place));
      const sound = Object.entries(found.raters).filter(([, state]) => Number.isInteger(state.at) && state.answers !== null && typeof state.answers === "object");
      return { current: found.current, raters: Object.fromEntries(sound) };
    } catch {
      // Nothing is kept, or what is kept is damaged: begin anew.
    }
    return { current: null, raters: {} };
  }

  function keep() {
    try {
      localStorage.setItem(place, JSON.stringify(kept));
      part("not-kept").hidden = true;
    } catch {
      part("not-kept").hidden = false;
      window.onbeforeunload = (event) => event.preventDefault();
    }
  }

  const own = () => kept.raters[rater];
  const step = () => steps[own().at];
  const questions = () => steps.filter((one) => one.kind === "question");
  const answerTo = (one) => own().answers[one.question.id];
  const isComplete = (answer) => answer !== undefined && answer.complete;
  const answered = (who) => Object.values(kept.raters[who].answers).filter((one) => one.complete).length;
  const total = study.parts.reduce((sum, one) => sum + one.questions.length, 0);

  function record(who) {
    const state = kept.raters[who];
    const plan = stepsOf(who).filter((one) => one.kind === "question");
    const answers = [];
    for (const one of plan) {
      const answer = state.answers[one.question.id];
      if (!isComplete(answer)) break;
      const seconds = Math.round(answer.ms / 100) / 10;
      answers.push({ question: one.question.id, shown: one.shown, choice: answer.choice, seconds, closer: answer.closer });
    }
    const { consented, finished, window: size } = state;
    return { kind: KIND, study: study.study, rater: who, consented, finished, window: size, total, answers };
  }

  function save(who) {
    const link = document.createElement("a");
    const data = new Blob([JSON.stringify(record(who), null, 1)], { type: "application/json" });
    link.href = URL.createObjectURL(data);
    link.download = `answers-${study.study}-${who}.json`;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    return link.download;
  }

  // Which screen is shown.
  function show(screen) {
    for (const id of ["start", "part", "question", "end"]) part(id).hidden = id !== screen;
    window.scrollTo(0, 0);
  }

  function focusOn(heading) {
    heading.focus({ preventScroll: true });
  }

  function showStart() {
    stopClock();
    rater = null;
    kept.current = null;
    keep();
    const sessions = Object.keys(kept.raters).map(sessionLine);
    part("sessions").replaceChildren(...sessions);
    part("earlier").hidden = sessions.length === 0;
    part("rater").value = "";
    part("consent").checked = false;
    part("rater-wrong").textContent = part("consent-wrong").textContent = "";
    show("start");
    focusOn(part("start").querySelector("h1"));
  }

  function sessionLine(who) {
    const line = document.importNode(part("session").content.firstElementChild, true);
    label(line);
    line.querySelector("b").textContent = who;
    line.querySelector(".who span").textContent = say("earlier_count", { done: answered(who), total });
    const [saving, going] = line.querySelectorAll("button");
    for (const button of [saving, going]) button.setAttribute("aria-label", `${button.textContent}: ${who}`);
    saving.addEventListener("click", () => tell(say("saved", { file: save(who) })));
    going.addEventListener("click", () => enter(who));
    return line;
  }

  function enter(who) {
    rater = who;
    steps = stepsOf(who);
    kept.current = who;
    own().at = Math.min(Math.max(own().at, 0), steps.length - 1);
    keep();
    showStep();
  }

  function showStep() {
    const now = step();
    if (now.kind === "part") showPart(now);
    else if (now.kind === "question") showQuestion(now);
    else showEnd();
  }

  function showPart(now) {
    part("part-step").textContent = study.parts.length > 1 ? say("part", { number: now.index + 1, count: study.parts.length }) : "";
    part("part-title").textContent = say(`${now.part}_title`);
    prose(part("part-intro"), `${now.part}_intro`);
    show("part");
    focusOn(part("part-title"));
  }

  function showEnd() {
    own().finished = own().finished || new Date().toISOString();
    keep();
    part("saved").textContent = "";
    show("end");
    focusOn(part("end").querySelector("h1"));
  }

  // A question.
  function showQuestion(now) {
    const many = study.parts.length > 1;
    const title = say(`${now.part}_title`);
    part("step").textContent = many ? `${say("part", { number: now.index + 1, count: study.parts.length })} \u00b7 ${title}` : title;
    const done = questions().indexOf(now);
    part("progress").setAttribute("aria-valuemax", total);
    part("progress").setAttribute("aria-valuenow", done);
    part("progress").firstElementChild.style.width = `${(100 * done) / total}%`;
    part("count").textContent = say("progress", { done: done + 1, total });
    part("asked").textContent = say(`${now.part}_${study.form}`);
    part("asked-help").textContent = say(`${study.form}_help`);
    part("reference").hidden = now.question.reference === "";
    if (now.question.reference) fill(part("reference").querySelector("img"), now.question.reference, texts.reference);
    choices.setAttribute("role", isRank ? "group" : "radiogroup");
    choices.replaceChildren(...now.shown.map(choiceOf));
    setZoom(false);
    show("question");
    drawChoice();
    fitAll();
    focusOn(part("asked"));
    startClock();
    preload(steps[own().at + 1]);
  }

  function fill(image, id, words) {
    const { kind, data, size } = pictures.get(id);
    image.src = `data:${kind};base64,${data}`;
    image.alt = words;
    image.dataset.ratio = size[0] / size[1];
    image.closest(".view").style.setProperty("--height", `calc((100vw - 42px) * ${size[1] / size[0]})`);
  }

  function choiceOf(id, index) {
    const button = document.importNode(part("choice").content.firstElementChild, true);
    const name = say("picture", { number: index + 1 });
    button.dataset.id = id;
    button.querySelector(".name").textContent = name;
    button.querySelector("kbd").textContent = index + 1;
    if (!isRank) button.setAttribute("role", "radio");
    fill(button.querySelector("img"), id, "");
    button.addEventListener("click", () => { if (!wasHeld()) choose(index); });
    return button;
  }

  function preload(next) {
    if (!next || next.kind !== "question") return;
    for (const id of [...next.shown, next.question.reference].filter(Boolean)) {
      const { kind, data } = pictures.get(id);
      const image = new Image();
      image.src = `data:${kind};base64,${data}`;
      image.decode().catch(() => {}); // it is shown all the same, a moment later
    }
  }

  // Choosing: the best picture of two, or an order.
  function change(choice, complete) {
    const now = step();
    const before = answerTo(now) || { ms: 0, closer: false };
    own().answers[now.question.id] = { ...before, choice, complete };
    own().finished = null;
    keep();
    drawChoice();
  }

  function choose(index) {
    const { shown } = step();
    const id = shown[index];
    if (!isRank) {
      change([id, ...shown.filter((other) => other !== id)], true);
      return;
    }
    const order = [...(answerTo(step())?.choice || [])];
    const at = order.indexOf(id);
    if (at >= 0) order.length = at; // takes its place away, and those after it
    else order.push(id);
    if (at < 0 && order.length === shown.length - 1) order.push(shown.find((other) => !order.includes(other)));
    change(order, order.length === shown.length);
  }

  function drawChoice() {
    const now = step();
    const answer = answerTo(now);
    const order = answer?.choice || [];
    const buttons = Array.from(choices.children);
    const chosen = isRank ? -1 : now.shown.indexOf(order[0]);
    buttons.forEach((button, index) => {
      const rank = order.indexOf(button.dataset.id);
      const isChosen = isRank ? rank >= 0 : index === chosen;
      const name = say("picture", { number: index + 1 });
      button.classList.toggle("chosen", isChosen);
      button.querySelector(".place").textContent = isRank ? (rank >= 0 ? rank + 1 : "") : isChosen ? "\u2713" : "";
      button.setAttribute("aria-label", isRank && isChosen ? `${name}, ${say("place", { place: rank + 1 })}` : name);
      button.setAttribute(isRank ? "aria-pressed" : "aria-checked", isChosen);
      button.tabIndex = isRank || index === Math.max(chosen, 0) ? 0 : -1;
    });
    part("ties").hidden = !study.ties;
    part("ties").setAttribute("aria-pressed", isComplete(answer) && order.length === 0);
    part("ties").classList.toggle("main", isComplete(answer) && order.length === 0);
    part("next").disabled = !isComplete(answer);
  }

  function tie() {
    if (study.ties) change([], true);
  }

  function forward() {
    const now = step();
    if (now.kind === "question" && !isComplete(answerTo(now))) return;
    go(1);
  }

  function go(way) {
    stopClock();
    const to = own().at + way;
    if (to < 0) {
      showStart();
      return;
    }
    if (to >= steps.length) return;
    own().at = to;
    keep();
    showStep();
  }

  // The time that a question is looked at; a hidden page is not.
  function startClock() {
    since = performance.now();
  }

  function stopClock() {
    if (since === null || rater === null || step().kind !== "question") return;
    const answer = answerTo(step()) || { choice: [], complete: false, ms: 0, closer: false };
    answer.ms += performance.now() - since;
    own().answers[step().question.id] = answer;
    since = null;
    keep();
  }

  // Looking closer: all pictures to be compared at the same spot, the reference on its own.
  const closer = { on: false, held: false, times: 3, at: null, over: null };
  let press = null;
  let heldUntil = 0;

  function wasHeld() {
    return performance.now() < heldUntil;
  }

  function setZoom(on) {
    closer.on = on;
    closer.at = null;
    closer.over = null;
    drawZoom();
  }

  function drawZoom() {
    const is = closer.on || closer.held;
    part("question").classList.toggle("zooming", is);
    part("zoom").setAttribute("aria-pressed", is);
    const now = rater === null ? null : step();
    if (!now || now.kind !== "question") return;
    const onReference = closer.over === "reference";
    const at = closer.at || now.question.focus;
    for (const image of views.querySelectorAll("img")) {
      const isReference = image.closest(".reference") !== null;
      const moves = is && isReference === onReference;
      image.style.transformOrigin = moves ? `${100 * at[0]}% ${100 * at[1]}%` : "50% 50%";
      image.style.transform = `translate(-50%, -50%) scale(${moves ? closer.times : 1})`;
    }
    if (is) noteCloser(now);
  }

  function noteCloser(now) {
    const answer = answerTo(now) || { choice: [], complete: false, ms: 0, closer: false };
    if (answer.closer) return;
    own().answers[now.question.id] = { ...answer, closer: true };
    keep();
  }

  function pointAt(event) {
    const view = event.target.closest?.(".view");
    if (!view) return;
    const image = view.querySelector("img");
    const box = view.getBoundingClientRect();
    const share = (middle, length, value) => Math.min(1, Math.max(0, (value - middle) / length + 0.5));
    closer.over = view.closest(".reference") ? "reference" : "choices";
    closer.at = [
      share(box.left + box.width / 2, parseFloat(image.style.width), event.clientX),
      share(box.top + box.height / 2, parseFloat(image.style.height), event.clientY),
    ];
    drawZoom();
  }

  function closerBy(factor) {
    closer.times = Math.min(CLOSEST, Math.max(LEAST_CLOSE, closer.times * factor));
    drawZoom();
  }

  views.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.target.closest(".view")) return;
    press = setTimeout(() => {
      closer.held = true;
      pointAt(event);
    }, HOLD_MS);
  });
  views.addEventListener("pointermove", (event) => { if (closer.on || closer.held) pointAt(event); });
  for (const name of ["pointerup", "pointercancel"]) {
    window.addEventListener(name, () => {
      clearTimeout(press);
      if (!closer.held) return;
      closer.held = false;
      heldUntil = performance.now() + 100; // the click that ends it chooses nothing
      drawZoom();
    });
  }
  views.addEventListener("touchmove", (event) => { if (closer.on || closer.held) event.preventDefault(); }, { passive: false });
  views.addEventListener("contextmenu", (event) => event.preventDefault());
  views.addEventListener("wheel", (event) => {
    if (!(closer.on || closer.held)) return;
    event.preventDefault();
    closerBy(event.deltaY < 0 ? 1.2 : 1 / 1.2);
  }, { passive: false });

  // Pictures as large as their place allows, in as many columns as make them largest.
  function columnsFor(count, ratio, isReferred) {
    const style = getComputedStyle(views);
    const wide = views.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const sides = Array.from({ length: count }, (_, index) => {
      const columns = index + 1;
      const width = wide / (columns + (isReferred ? 1 : 0)) - FRAME_PX[0];
      const height = views.clientHeight / Math.ceil(count / columns) - FRAME_PX[1];
      return Math.min(width, height * ratio);
    });
    return 1 + sides.indexOf(Math.max(...sides));
  }

  function fitAll() {
    const compared = Array.from(choices.querySelectorAll("img"));
    if (compared.length === 0) return;
    const isReferred = !part("reference").hidden;
    choices.style.setProperty("--columns", columnsFor(compared.length, Number(compared[0].dataset.ratio), isReferred));
    for (const image of views.querySelectorAll("img")) {
      const { clientWidth: wide, clientHeight: high } = image.closest(".view");
      const ratio = Number(image.dataset.ratio);
      const width = Math.min(wide, high * ratio);
      image.style.width = `${width}px`;
      image.style.height = `${width / ratio}px`;
    }
    drawZoom();
  }

  // Keys.
  const KEYS = {
    ArrowLeft: () => move(-1),
    ArrowUp: () => move(-1),
    ArrowRight: () => move(1),
    ArrowDown: () => move(1),
    0: tie,
    z: () => setZoom(!closer.on),
    "+": () => closerBy(1.25),
    "=": () => closerBy(1.25),
    "-": () => closerBy(1 / 1.25),
    Escape: () => setZoom(false),
  };

  function move(way) {
    const buttons = Array.from(choices.children);
    const count = buttons.length;
    const focused = buttons.indexOf(document.activeElement);
    const at = isRank || focused >= 0 ? focused : step().shown.indexOf(answerTo(step())?.choice?.[0]);
    const to = at < 0 ? (way > 0 ? 0 : count - 1) : (at + way + count) % count;
    if (!isRank) choose(to);
    buttons[to].focus();
  }

  function enterKey(event) {
    const focused = document.activeElement;
    const isChoice = focused.classList.contains("choice");
    if (focused.matches("button:not(.choice)")) return; // presses that button
    event.preventDefault();
    if (step().kind === "question" && isChoice && !isComplete(answerTo(step()))) focused.click();
    else forward();
  }

  document.addEventListener("keydown", (event) => {
    if (rater === null || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter") {
      if (!event.repeat && step().kind !== "end") enterKey(event);
    } else if (event.key === "Backspace") {
      event.preventDefault();
      if (!event.repeat) go(-1);
    } else if (step().kind === "question") {
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const act = KEYS[key] || (/^[1-9]$/.test(key) && Number(key) <= step().shown.length ? () => choose(key - 1) : null);
      if (!act) return;
      event.preventDefault();
      act();
    }
  });

  function tell(words) {
    part("said").textContent = words;
  }

  function label(root) {
    for (const one of root.querySelectorAll("[data-text]")) one.textContent = texts[one.dataset.text];
    for (const one of root.querySelectorAll("[data-prose]")) prose(one, one.dataset.prose);
  }

  function listKeys() {
    const most = Math.max(...study.parts.flatMap((one) => one.questions.map((question) => question.pictures.length)));
    const rows = [
      [["\u2190", "\u2192", ...(most > 2 ? [`1\u2026${most}`] : ["1", "2"])], texts.keys_choose],
      [["\u21b5"], texts.keys_next],
      [["\u232b"], texts.keys_back],
      [["Z"], texts.keys_zoom],
      [[], texts.keys_hold],
    ];
    if (study.ties) rows.splice(1, 0, [["0"], texts.keys_ties]);
    part("keys").replaceChildren(...rows.flatMap(([keys, words]) => {
      const [term, meaning] = [document.createElement("dt"), document.createElement("dd")];
      for (const key of keys) term.appendChild(document.createElement("kbd")).textContent = key;
      if (keys.length === 0) term.textContent = texts.keys_pointer;
      else term.className = meaning.className = "by-key";
      meaning.textContent = words;
      return [term, meaning];
    }));
  }

  part("enter").addEventListener("submit", (event) => {
    event.preventDefault();
    const who = part("rater").value.trim().toLowerCase();
    const isName = /^[a-z0-9][a-z0-9._-]{0,39}$/.test(who);
    const agrees = part("consent").checked;
    part("rater-wrong").textContent = isName ? "" : texts.rater_wrong;
    part("consent-wrong").textContent = agrees ? "" : texts.consent_wrong;
    part("rater").setAttribute("aria-invalid", !isName);
    if (!isName) part("rater").focus();
    else if (!agrees) part("consent").focus();
    if (!isName || !agrees) return;
    kept.raters[who] ||= {
      at: 0, answers: {}, consented: new Date().toISOString(), finished: null, window: [innerWidth, innerHeight],
    };
    enter(who);
  });
  for (const button of document.querySelectorAll("[data-do]")) {
    if (button.dataset.do === "back" && !button.dataset.text) button.textContent = texts.back;
    button.addEventListener("click", button.dataset.do === "back" ? () => go(-1) : forward);
  }
  // After a pointer's click Enter goes on; whoever came by keyboard stays where they are.
  part("ties").addEventListener("click", (event) => { tie(); if (event.detail > 0) part("next").focus(); });
  part("zoom").addEventListener("click", (event) => { setZoom(!closer.on); if (event.detail > 0) focusOn(part("asked")); });
  part("pause").addEventListener("click", showStart);
  part("leave").addEventListener("click", showStart);
  part("save").addEventListener("click", () => { part("saved").textContent = say("saved", { file: save(rater) }); });
  document.addEventListener("visibilitychange", () => {
    if (rater === null || step().kind !== "question") return;
    if (document.hidden) stopClock();
    else startClock();
  });
  window.addEventListener("pagehide", stopClock);
  new ResizeObserver(fitAll).observe(views);

  label(document);
  listKeys();
  if (kept.current && kept.raters[kept.current]) enter(kept.current);
  else showStart();
})();
