"use strict";
(() => {
  const SPARE_ROWS = 4; // drawn beyond either edge of the window, so that the Tab key finds the next one
  const BARS = 25;
  const part = (id) => document.getElementById(id);
  const [table, body, template, tools] = ["table", "rows", "row", "tools"].map(part);
  const folded = (text) => text.normalize("NFC").toLowerCase();
  const hundredths = (value) => (value === null ? null : Math.round(value * 100));
  const counted = (number) => number.toLocaleString("en");

  // The rows stand before this script, a block of JSON each.
  const rows = Array.from(document.querySelectorAll("script.case"), (script, index) => {
    const row = JSON.parse(script.textContent);
    row.index = index;
    row.hundredths = hundredths(row.repair_confidence);
    row.text = folded([row.id, row.problem, row.placed, row.note].join("\n"));
    row.split = 50;
    return row;
  });
  const byName = new Intl.Collator("en", { numeric: true }).compare;
  [...rows].sort((a, b) => byName(a.id, b.id) || a.index - b.index).forEach((row, rank) => { row.rank = rank; });
  const KEYS = {
    index: (row) => row.index,
    id: (row) => row.rank,
    repair: (row) => row.repair_confidence,
    confidence: (row) => row.confidence,
    status: (row) => (row.status === "done" ? 0 : 1),
  };

  const wanted = { key: "repair", direction: 1, words: [], status: "", low: 0, high: 100 };
  const drawn = new Map(); // from a row to its element
  let shown = rows;
  let height = 0; // of a row [px]

  // Which rows, in which order.
  function passes(row) {
    const everything = wanted.low === 0 && wanted.high === 100;
    return (
      (!wanted.status || row.status === wanted.status) &&
      (everything || (row.hundredths !== null && row.hundredths >= wanted.low && row.hundredths <= wanted.high)) &&
      wanted.words.every((word) => row.text.includes(word))
    );
  }

  function inOrder(a, b) {
    const [first, second] = [KEYS[wanted.key](a), KEYS[wanted.key](b)];
    if (first === second) return a.index - b.index;
    if (first === null || second === null) return first === null ? 1 : -1; // last in either direction
    return (first - second) * wanted.direction;
  }

  function select() {
    shown = rows.filter(passes).sort(inOrder);
    for (const row of rows) row.place = -1;
    shown.forEach((row, place) => { row.place = place; });
    const isFiltered = wanted.words.length > 0 || wanted.status !== "" || wanted.low > 0 || wanted.high < 100;
    part("count").textContent = isFiltered
      ? `${counted(shown.length)} of ${counted(rows.length)} rows`
      : `${counted(rows.length)} ${rows.length === 1 ? "row" : "rows"}`;
    part("clear").hidden = !isFiltered;
    part("nothing").textContent = rows.length ? "No row passes the filters." : "The batch has no rows.";
    part("nothing").hidden = shown.length > 0;
    table.setAttribute("aria-rowcount", shown.length + 1);
    measure();
    toTop();
    draw();
  }

  // Only what is near the window is drawn.
  function measure() {
    const sticks = getComputedStyle(tools).position === "sticky";
    document.documentElement.style.setProperty("--bar", `${sticks ? tools.offsetHeight : 0}px`);
    const probe = element(template.content.firstElementChild);
    probe.style.visibility = "hidden";
    body.append(probe);
    height = probe.getBoundingClientRect().height;
    probe.remove();
    body.style.height = `${shown.length * height}px`;
  }

  function toTop() {
    const edge = table.querySelector(".heads").getBoundingClientRect().bottom;
    const above = edge - body.getBoundingClientRect().top;
    if (above > 0) window.scrollBy({ top: -above, behavior: "instant" });
  }

  function places() {
    const above = -body.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(above / height) - SPARE_ROWS);
    const last = Math.min(shown.length, Math.ceil((above + window.innerHeight) / height) + SPARE_ROWS);
    const found = [];
    for (let place = first; place < last; place += 1) found.push(place);
    // Whoever has the focus keeps it, however far they scroll.
    for (const [row, line] of drawn) {
      if (row.place < 0 || (row.place >= first && row.place < last)) continue;
      if (line.contains(document.activeElement)) found.push(row.place);
    }
    return found.sort((a, b) => a - b);
  }

  function draw() {
    const near = places().map((place) => shown[place]);
    const staying = new Set(near);
    for (const [row, line] of drawn) {
      if (staying.has(row)) continue;
      line.remove();
      drawn.delete(row);
    }
    let next = body.firstElementChild;
    for (const row of near) {
      if (!drawn.has(row)) drawn.set(row, lineOf(row));
      const line = drawn.get(row);
      if (line === next) next = next.nextElementSibling;
      else body.insertBefore(line, next);
      line.style.transform = `translateY(${row.place * height}px)`;
      line.setAttribute("aria-rowindex", row.place + 2);
    }
  }

  function element(model) {
    return document.importNode(model, true);
  }

  function lineOf(row) {
    const line = element(template.content.firstElementChild);
    const find = (name) => line.querySelector(name);
    line.classList.add(row.status);
    find(".number").textContent = row.index + 1;
    find(".problem").textContent = row.problem;
    find(".note").textContent = row.note;
    find(".state").textContent = row.status;
    showConfidence(find(".repair"), row.hundredths);
    showConfidence(find(".place"), hundredths(row.confidence));
    find(".placed").textContent = row.placed;
    find(".id").title = row.id;
    addLinks(row, find(".id"), find(".links"));
    fillPictures(row, line);
    return line;
  }

  function showConfidence(cell, percent) {
    cell.querySelector(".value").textContent = percent === null ? "\u2013" : (percent / 100).toFixed(2);
    cell.querySelector(".meter").hidden = percent === null;
    cell.querySelector(".meter span").style.width = `${percent}%`;
  }

  function addLinks(row, id, links) {
    if (row.link && row.status === "done") {
      id.append(linkTo(row, "overview.png", row.id));
      links.append(linkTo(row, "overview.png", "overview"), linkTo(row, "refined.png", "refined"));
      return;
    }
    id.append(row.id);
    if (row.link) links.append(linkTo(row, "", "folder")); // which files it holds depends on what failed
  }

  function linkTo(row, file, words) {
    const link = document.createElement("a");
    link.href = `${row.link}/${file}`;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.textContent = words;
    if (words !== row.id) link.setAttribute("aria-label", `${words} of ${row.id}`);
    return link;
  }

  function fillPictures(row, line) {
    const compare = line.querySelector(".compare");
    if (row.strip === null) {
      compare.classList.add("empty");
      line.querySelector(".match").classList.add("empty");
      return;
    }
    for (const image of line.querySelectorAll("img")) image.src = `data:image/jpeg;base64,${row.strip}`;
    const input = compare.querySelector("input");
    input.setAttribute("aria-label", `Before and after, ${row.id}`);
    input.addEventListener("input", () => split(row, compare, input.valueAsNumber));
    split(row, compare, row.split);
    followPointer(row, compare, input);
  }

  // The border between before and after. The input serves the keyboard; what the pointer does is read from
  // the picture, because a range input puts its ends not at its edges, and on phones does not jump to a touch.
  function split(row, compare, percent) {
    row.split = Math.min(100, Math.max(0, Math.round(percent)));
    compare.style.setProperty("--split", `${row.split}%`);
    const input = compare.querySelector("input");
    input.value = row.split;
    input.setAttribute("aria-valuetext", `${row.split} % before, ${100 - row.split} % after`);
  }

  function followPointer(row, compare, input) {
    const follow = (event) => {
      const box = compare.getBoundingClientRect();
      split(row, compare, (100 * (event.clientX - box.left)) / box.width);
    };
    compare.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      compare.setPointerCapture(event.pointerId);
      input.focus({ preventScroll: true });
      if (event.pointerType === "mouse") follow(event); // a finger may be about to scroll
    });
    compare.addEventListener("mousedown", (event) => event.preventDefault()); // or the input loses the focus
    for (const name of ["pointermove", "pointerup"]) {
      compare.addEventListener(name, (event) => {
        if (compare.hasPointerCapture(event.pointerId)) follow(event);
      });
    }
  }

  // Sorting and filtering.
  for (const button of document.querySelectorAll("[data-key]")) {
    button.addEventListener("click", () => {
      wanted.direction = wanted.key === button.dataset.key ? -wanted.direction : 1;
      wanted.key = button.dataset.key;
      for (const other of document.querySelectorAll("[aria-sort]")) other.setAttribute("aria-sort", "none");
      button.parentElement.setAttribute("aria-sort", wanted.direction > 0 ? "ascending" : "descending");
      select();
    });
  }

  function wantStatus(status) {
    wanted.status = status;
    for (const button of document.querySelectorAll("[data-status]")) {
      button.setAttribute("aria-pressed", button.dataset.status === status);
    }
  }

  for (const button of document.querySelectorAll("[data-status]")) {
    const number = rows.filter((row) => !button.dataset.status || row.status === button.dataset.status).length;
    button.querySelector("span").textContent = counted(number);
    button.addEventListener("click", () => { wantStatus(button.dataset.status); select(); });
  }

  function wantText() {
    wanted.words = folded(part("text").value).split(/\s+/).filter(Boolean);
  }

  function wantBounds(moved) {
    const [low, high] = [part("low"), part("high")];
    if (low.valueAsNumber > high.valueAsNumber) moved.value = moved === low ? high.value : low.value;
    wanted.low = low.valueAsNumber;
    wanted.high = high.valueAsNumber;
    low.style.zIndex = wanted.low > 50 ? 1 : 0; // where both thumbs meet, the one that can still move is on top
    const words = [wanted.low, wanted.high].map((bound) => (bound / 100).toFixed(2));
    part("bounds").textContent = words.join(" \u2013 ");
    part("track").style.left = `${wanted.low}%`;
    part("track").style.right = `${100 - wanted.high}%`;
    Array.from(part("bars").children).forEach((bar, number) => {
      const middle = ((number + 0.5) * 100) / BARS;
      bar.classList.toggle("out", middle < wanted.low || middle > wanted.high);
    });
  }

  function drawBars() {
    const counts = new Array(BARS).fill(0);
    for (const row of rows) {
      const confidence = row.repair_confidence;
      if (confidence !== null) counts[Math.min(BARS - 1, Math.floor(confidence * BARS))] += 1;
    }
    const most = Math.max(1, ...counts);
    for (const count of counts) {
      const bar = document.createElement("span");
      bar.style.height = `${count ? Math.max(6, (100 * count) / most) : 0}%`;
      part("bars").append(bar);
    }
  }

  function clear() {
    part("text").value = "";
    part("low").value = 0;
    part("high").value = 100;
    wantStatus("");
    wantText();
    wantBounds(part("low"));
    select();
    part("text").focus();
  }

  for (const id of ["low", "high"]) {
    part(id).addEventListener("input", () => { wantBounds(part(id)); select(); });
  }
  part("text").addEventListener("input", () => { wantText(); select(); });
  part("clear").addEventListener("click", clear);
  tools.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("scroll", draw, { passive: true });
  window.addEventListener("resize", () => { measure(); draw(); });

  body.replaceChildren();
  drawBars();
  wantText(); // a browser may have kept what was typed before the page was loaded again
  wantBounds(part("low"));
  select();
})();
