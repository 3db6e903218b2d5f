"use strict";
(async () => {
  const PAGE = 40;
  const OPENED = 5; // open items of a page with expanded reasons
  const DAYS = [30, 60, 90, 180, 365];
  const $ = (selector, from = document) => from.querySelector(selector);
  const fail = (what) => { const place = $("#failed"); place.hidden = false; place.textContent = what; };

  const unpack = async () => {
    const bytes = Uint8Array.from(atob($("#data").textContent), (c) => c.charCodeAt(0));
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(plain).text());
  };
  let data;
  try { data = await unpack(); } catch (error) { return fail(`The data inside this page cannot be read: ${error}. Use a browser of 2023 or later.`); }

  const { scale, stages, rows, groups, parts, columns, dates, only, why } = data;
  const big = (values) => values.map(BigInt);
  rows.amount = big(rows.amount); rows.residual = big(rows.residual); parts.amount = big(parts.amount); groups.net = big(groups.net);
  const abs = (x) => (x < 0n ? -x : x);
  const text = (x) => x.toLocaleString("en-GB");
  const unit = 10n ** BigInt(scale);
  const money = (x) => `${x < 0n ? "-" : ""}${text(abs(x) / unit)}${scale ? "." + String(abs(x) % unit).padStart(scale, "0") : ""}`;
  // rounded down: only the whole is 100 %
  const percent = (part, whole) => (whole ? `${(Number((BigInt(part) * 1000n) / BigInt(whole)) / 10).toFixed(1)} %` : "-");
  const day = (number) => (number === null ? "" : new Date(number * 864e5).toISOString().slice(0, 10));
  const cell = (column, row) => {
    const value = column.codes ? column.words[column.codes[row]] : column.values[row];
    if (value === null || value === undefined) return "";
    if (column.kind === "date") return day(value);
    if (column.kind === "real") return String(value).replace(/\d+/, (whole) => text(BigInt(whole)));
    return String(value);
  };
  const plain = (column, row) => (column.kind === "real" ? `${cell(column, row)}\u0001${column.words[column.codes[row]]}` : cell(column, row));

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) name === "class" ? (element.className = value) : element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const td = (what, kind = "") => make("td", kind ? { class: kind } : {}, what);
  const line = (cells, kind = "") => make("tr", kind ? { class: kind } : {}, ...cells);
  const bar = (start, length) => {
    const fill = make("i");
    fill.style.left = `${start * 100}%`;
    fill.style.width = `${length * 100}%`;
    return td(make("div", { class: "track" }, ...(length ? [fill] : [])), "bar");
  };
  const share = (part, whole) => (whole ? Number((BigInt(part) * 100000n) / BigInt(whole)) / 100000 : 0);

  // which parts belong to a group: parts are sorted by group
  const first = new Int32Array(groups.id.length + 1);
  for (const group of parts.group) first[group + 1] += 1;
  for (let at = 0; at < groups.id.length; at += 1) first[at + 1] += first[at];
  const searched = rows.id.map((id, row) => [id, ...columns.map((column) => plain(column, row))].join("\u0001").toLowerCase());
  const inGroup = (group) => Array.from({ length: first[group + 1] - first[group] }, (_, at) => first[group] + at);

  let chosen = null; // the one value of `only` that is shown
  const shown = (row) => chosen === null || cell(columns[only], row) === chosen;

  const tally = () => {
    const made = stages.map((name) => ({ name, groups: 0, rows: new Set(), value: 0n }));
    const all = { rows: 0, value: 0n, net: 0n };
    const open = { rows: 0, value: 0n, net: 0n, matched: 0n };
    const ofGroup = new Set();
    for (let row = 0; row < rows.id.length; row += 1) {
      if (!shown(row)) continue;
      all.rows += 1; all.value += abs(rows.amount[row]); all.net += rows.amount[row];
      if (rows.residual[row] !== 0n) { open.rows += 1; open.value += abs(rows.residual[row]); open.net += rows.residual[row]; }
    }
    for (let part = 0; part < parts.row.length; part += 1) {
      const [row, group] = [parts.row[part], parts.group[part]];
      if (!shown(row)) continue;
      open.matched += parts.amount[part];
      const stage = made[groups.stage[group]];
      stage.rows.add(row); stage.value += abs(parts.amount[part]);
      if (!ofGroup.has(group)) { ofGroup.add(group); stage.groups += 1; }
    }
    return { made, all, open };
  };

  const summary = ({ made, all, open }) => {
    const fully = all.rows - open.rows;
    const tile = (big_, small, kind) => make("div", { class: `tile ${kind}` }, make("b", {}, big_), make("span", {}, small));
    $(".tiles").replaceChildren(
      tile(text(all.rows), "rows"),
      tile(percent(fully, all.rows), `of rows matched in full (${text(fully)})`, "done"),
      tile(percent(all.value - open.value, all.value), `of value matched (${money(all.value - open.value)})`, "done"),
      tile(text(open.rows), `open rows, ${money(open.value)} in value`, "open"),
    );
    const holds = all.net === open.matched + open.net;
    const verdict = $(".verdict");
    verdict.className = holds ? "verdict" : "verdict broken";
    verdict.textContent = `Conservation: input ${money(all.net)} = matched ${money(open.matched)} + open ${money(open.net)}: ${holds ? "exact" : "BROKEN, do not use this result"}. Net amounts.`;
  };

  let measure = "value";
  const waterfall = ({ made, all, open }) => {
    let before = 0;
    const body = made.filter((stage) => stage.rows.size).map((stage) => {
      const length = measure === "value" ? share(stage.value, all.value) : share(stage.rows.size, all.rows);
      before += length;
      return line([td(stage.name), td(text(stage.groups), "n"), td(text(stage.rows.size), "n"), td(percent(stage.rows.size, all.rows), "n"), td(money(stage.value), "n"), td(percent(stage.value, all.value), "n"), bar(Math.min(before - length, 1), length)]);
    });
    const length = measure === "value" ? share(open.value, all.value) : share(open.rows, all.rows);
    body.push(line([td("open"), td(""), td(text(open.rows), "n"), td(percent(open.rows, all.rows), "n"), td(money(open.value), "n"), td(percent(open.value, all.value), "n"), bar(Math.max(0, 1 - length), length)], "open"));
    body.push(line([td("all rows"), td(text(made.reduce((sum, stage) => sum + stage.groups, 0)), "n"), td(text(all.rows), "n"), td(""), td(money(all.value), "n"), td(""), td("")], "all"));
    $("#stages tbody").replaceChildren(...body);
  };

  const ageing = () => {
    const section = $("#ageing");
    if (dates === null) { section.hidden = true; return; }
    const column = columns[dates.column];
    const bins = [...DAYS.map((to, at) => ({ name: `${at ? DAYS[at - 1] + 1 : 0} to ${to}`, to })), { name: `over ${DAYS.at(-1)}`, to: Infinity }, { name: "no date", to: null }].map((bin) => ({ ...bin, rows: 0, value: 0n, net: 0n }));
    let total = 0n;
    for (let row = 0; row < rows.id.length; row += 1) {
      if (rows.residual[row] === 0n || !shown(row)) continue;
      const value = column.values[row];
      const bin = value === null ? bins.at(-1) : bins.find((one) => dates.as_of - value <= one.to);
      bin.rows += 1; bin.value += abs(rows.residual[row]); bin.net += rows.residual[row]; total += abs(rows.residual[row]);
    }
    $(".note", section).textContent = `Days from ${column.name} to ${day(dates.as_of)}${dates.given ? "" : `, the latest ${column.name} of the input`}.`;
    $("tbody", section).replaceChildren(...bins.filter((bin) => bin.to !== null || bin.rows).map((bin) => line([td(bin.name), td(text(bin.rows), "n"), td(money(bin.value), "n"), td(money(bin.net), "n"), bar(0, share(bin.value, total))])));
  };

  // a table of many rows, some at a time
  const pager = (section, list, draw) => {
    let at = 0;
    const place = $(".pager", section);
    const show = () => {
      const pages = Math.max(1, Math.ceil(list.length / PAGE));
      at = Math.min(Math.max(at, 0), pages - 1);
      $("tbody", section).replaceChildren(...list.slice(at * PAGE, (at + 1) * PAGE).flatMap((one, place) => draw(one, place)));
      const [back, on] = [make("button", {}, "back"), make("button", {}, "on")];
      back.disabled = at === 0; on.disabled = at === pages - 1;
      back.onclick = () => { at -= 1; show(); };
      on.onclick = () => { at += 1; show(); };
      place.replaceChildren(back, on, `page ${text(at + 1)} of ${text(pages)}`);
      place.hidden = pages === 1;
    };
    show();
  };
  const numeric = (column) => column.kind === "integer" || column.kind === "real";
  const rowCells = (row) => columns.map((column) => { const made = td(cell(column, row), numeric(column) ? "n" : "t"); made.title = cell(column, row); return made; });
  const rowHeads = () => [make("th", { class: "n" }, "row"), ...columns.map((column) => make("th", numeric(column) ? { class: "n" } : {}, column.name))];

  const openItems = () => {
    const section = $("#open");
    const wanted = $("input", section).value.trim().toLowerCase();
    const list = [];
    for (let row = 0; row < rows.id.length; row += 1) if (rows.residual[row] !== 0n && shown(row) && (!wanted || searched[row].includes(wanted))) list.push(row);
    list.sort((a, b) => { const [x, y] = [abs(rows.residual[a]), abs(rows.residual[b])]; return x === y ? a - b : x < y ? 1 : -1; });
    const told = list.some((row) => why[rows.id[row]] !== undefined);
    $(".found", section).textContent = `${text(list.length)} found${told ? "; the largest have reasons" : ""}`;
    $("thead", section).replaceChildren(line([...(told ? [make("th")] : []), ...rowHeads(), make("th", { class: "n" }, "open")]));
    pager(section, list, (row, at) => openLine(row, told, at < OPENED));
  };
  const openLine = (row, told, opened) => {
    const part = rows.residual[row] === rows.amount[row] ? "" : " (part)";
    const said = why[rows.id[row]];
    const cells = [td(rows.id[row], "n"), ...rowCells(row), td(money(rows.residual[row]) + part, "n")];
    if (!told) return [line(cells)];
    if (said === undefined) return [line([td(""), ...cells])];
    const reasons = said.split("\n").map((one) => { const at = one.indexOf(": "); return make("li", {}, make("b", {}, one.slice(0, at)), one.slice(at)); });
    const inside = () => line([make("td", { colspan: String(cells.length + 1) }, make("ul", { class: "why" }, ...reasons))], "inside");
    return unfolding(`reasons of open row ${rows.id[row]}`, (opener) => line([td(opener), ...cells]), inside, opened);
  };
  // a line with a button that unfolds another one below it
  const unfolding = (label, outside, inside, opened = false) => {
    const opener = make("button", { class: "opener", "aria-label": label });
    const made = outside(opener);
    let below = null;
    const say = () => { opener.textContent = below ? "\u2212" : "+"; opener.setAttribute("aria-expanded", String(below !== null)); };
    opener.onclick = () => {
      if (below) { below.remove(); below = null; } else { below = inside(); made.after(below); }
      say();
    };
    if (opened) below = inside();
    say();
    return below ? [made, below] : [made];
  };

  const members = (group) => {
    const body = inGroup(group).map((part) => {
      const row = parts.row[part];
      const split = parts.amount[part] === rows.amount[row] ? "" : ` of ${money(rows.amount[row])}`;
      return line([td(rows.id[row], "n"), ...rowCells(row), td(money(parts.amount[part]) + split, "n")]);
    });
    const head = make("thead", {}, line([...rowHeads(), make("th", { class: "n" }, "in this group")]));
    return line([make("td", { colspan: "9" }, make("table", {}, head, make("tbody", {}, ...body)))], "inside");
  };
  const groupLine = (group) => {
    const value = inGroup(group).reduce((sum, part) => sum + abs(parts.amount[part]), 0n);
    const unique = groups.unique[group] === null ? "" : groups.unique[group] ? "yes" : "no";
    const cells = [td(text(groups.id[group]), "n"), td(stages[groups.stage[group]]), td(groups.words[groups.reason[group]] ?? ""), td(groups.pinned[group] ? "pinned" : "proposed"), td(text(first[group + 1] - first[group]), "n"), td(money(groups.net[group]), "n"), td(money(value), "n"), td(unique)];
    return unfolding(`rows of group ${groups.id[group]}`, (opener) => line([td(opener), ...cells]), () => members(group));
  };
  const allGroups = () => {
    const section = $("#groups");
    const wanted = $("input", section).value.trim().toLowerCase();
    const stage = $("select", section).value;
    const list = [];
    for (let group = 0; group < groups.id.length; group += 1) {
      if (stage !== "" && groups.stage[group] !== Number(stage)) continue;
      const inside = inGroup(group);
      if (!inside.some((part) => shown(parts.row[part]))) continue;
      const said = `${groups.id[group]} ${groups.words[groups.reason[group]] ?? ""}`.toLowerCase();
      if (!wanted || said.includes(wanted) || inside.some((part) => searched[parts.row[part]].includes(wanted))) list.push(group);
    }
    $(".found", section).textContent = `${text(list.length)} found`;
    pager(section, list, groupLine);
  };

  let counted;
  const draw = () => { counted = tally(); summary(counted); waterfall(counted); ageing(); openItems(); allGroups(); };
  const later = (work) => { let timer; return () => { clearTimeout(timer); timer = setTimeout(work, 150); }; };
  for (const button of document.querySelectorAll(".choice button")) {
    button.onclick = () => {
      measure = button.dataset.by;
      for (const other of document.querySelectorAll(".choice button")) other.setAttribute("aria-pressed", String(other === button));
      waterfall(counted);
    };
  }
  $("#open input").oninput = later(openItems);
  $("#groups input").oninput = later(allGroups);
  $("#groups select").append(make("option", { value: "" }, "every stage"), ...stages.map((name, at) => make("option", { value: String(at) }, name)));
  $("#groups select").onchange = allGroups;
  if (only !== null) {
    const label = $("#only");
    label.hidden = false;
    label.firstChild.textContent = `${columns[only].name} `;
    const words = [...new Set(rows.id.map((_, row) => cell(columns[only], row)))].sort();
    $("select", label).append(make("option", { value: "0" }, "all"), ...words.map((word) => make("option", { value: `1${word}` }, word || "(none)")));
    $("select", label).onchange = (event) => { const { value } = event.target; chosen = value[0] === "0" ? null : value.slice(1); draw(); };
  }
  $("main").hidden = false;
  draw();
})();
