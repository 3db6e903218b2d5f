"use strict";
(async () => {
  const PAGE = 50;
  const LETTERS_ON_PAPER = 130; // that a line of A4 holds
  const LONGEST_WORD = 18; // that is not broken
  const $ = (selector, from = document) => from.querySelector(selector);
  const fail = (what) => { const place = $("#failed"); place.hidden = false; place.textContent = what; };

  const unpack = async () => {
    const bytes = Uint8Array.from(atob($("#data").textContent), (c) => c.charCodeAt(0));
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(plain).text());
  };
  let data;
  try { data = await unpack(); } catch (error) { return fail(`The rows in this page cannot be read: ${error}. Use a browser of 2023 or later.`); }

  // -- values

  const { name, scale, decimals, codes, code, stages, rows, groups, parts, columns, dates, buckets, why, seen } = data;
  for (const one of [rows, parts, groups]) for (const key of ["amount", "residual", "net"]) if (one[key]) one[key] = one[key].map(BigInt);
  const abs = (x) => (x < 0n ? -x : x);
  const text = (x) => x.toLocaleString("en-GB");
  const unit = 10n ** BigInt(scale);
  // the decimals of the currency, and every further digit that is not zero
  const digits = (minor, of) => {
    const wanted = decimals[of] ?? scale;
    let part = (scale ? String(abs(minor) % unit).padStart(scale, "0") : "").padEnd(wanted, "0");
    while (part.length > wanted && part.endsWith("0")) part = part.slice(0, -1);
    return part;
  };
  const plainAmount = (minor, of) => { const part = digits(minor, of); return `${minor < 0n ? "-" : ""}${abs(minor) / unit}${part ? "." + part : ""}`; };
  const money = (minor, of) => { const part = digits(minor, of); return `${minor < 0n ? "-" : ""}${text(abs(minor) / unit)}${part ? "." + part : ""}`; };
  const day = (number) => (number === null ? "" : new Date(number * 864e5).toISOString().slice(0, 10));
  const raw = (column, row) => (column.codes ? column.words[column.codes[row]] : column.values[row]) ?? null;
  const codeOf = (row) => (code === null ? "" : raw(columns[code], row) ?? "");
  const cell = (column, row) => {
    const value = raw(column, row);
    if (value === null) return "";
    if (column.kind === "date") return day(value);
    if (column.kind !== "real") return String(value);
    const [, sign, whole, part = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value) ?? [];
    if (whole === undefined) return String(value);
    const wanted = column.money ? decimals[codeOf(row)] ?? part.length : part.length;
    let shown = part.padEnd(wanted, "0");
    while (column.money && shown.length > wanted && shown.endsWith("0")) shown = shown.slice(0, -1);
    return `${sign}${text(BigInt(whole))}${shown ? "." + shown : ""}`;
  };
  const age = (row) => { const value = dates === null ? null : columns[dates.column].values[row]; return value === null ? null : dates.as_of - value; };
  const bucketOf = (row) => { const days = age(row); if (days === null) return buckets.bounds.length + 1; const at = buckets.bounds.findIndex((bound) => days <= bound); return at < 0 ? buckets.bounds.length : at; };
  const searched = rows.id.map((id, row) => [id, why[id] ?? "", ...columns.map((column) => `${cell(column, row)}\u0001${raw(column, row) ?? ""}`)].join("\u0001").toLowerCase());

  // -- elements

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const line = (cells, kind) => make("tr", { class: kind }, ...cells);
  const later = (work) => { let timer; return () => { clearTimeout(timer); timer = setTimeout(work, 150); }; };
  const numeric = (column) => column.kind === "integer" || column.kind === "real";

  // a list of rows under sortable headers, a page at a time; `heads` are {label, kind, text(one), value(one)}
  const table = (section, heads, draw, first) => {
    let [list, at, size] = [[], 0, PAGE];
    let [by, down] = first;
    const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    const sorted = () => {
      if (by === null) return list;
      const { value } = heads[by];
      const keyed = list.map((one, place) => [value(one), place, one]);
      // what has no value comes last, whatever the direction; equal ones keep their order
      keyed.sort(([a, i], [b, j]) => (a === null || b === null ? (a === null) - (b === null) : (down ? compare(b, a) : compare(a, b))) || i - j);
      return keyed.map(([, , one]) => one);
    };
    const headers = heads.map((head, place) => {
      const made = make("th", { scope: "col", class: head.kind });
      if (head.letters) made.style.setProperty("--letters", head.letters);
      if (head.value) {
        const button = make("button", { type: "button" }, head.label);
        button.onclick = () => { [by, down] = [place, by === place ? !down : head.kind === "n"]; at = 0; show(); };
        // a header with a button in it is not repeated on the next sheet of paper
        made.append(button, make("span", { class: "on-paper", "aria-hidden": "true" }, head.label));
      } else made.append(make("span", { class: "visually-hidden" }, head.label));
      return made;
    });
    $("thead", section).replaceChildren(line(headers));
    $("table.rows", section).classList.toggle("many", heads.reduce((sum, head) => sum + (head.below ? 0 : head.letters ?? 10) + 2, 0) > LETTERS_ON_PAPER);
    const show = () => {
      const all = sorted();
      const pages = Math.max(1, Math.ceil(all.length / size));
      at = Math.min(Math.max(at, 0), pages - 1);
      headers.forEach((made, place) => { if (heads[place].value) made.setAttribute("aria-sort", place === by ? (down ? "descending" : "ascending") : "none"); });
      $("tbody", section).replaceChildren(...all.slice(at * size, (at + 1) * size).flatMap(draw));
      const [back, on] = [make("button", { type: "button" }, "Back"), make("button", { type: "button" }, "Next")];
      back.disabled = at === 0; on.disabled = at === pages - 1;
      back.onclick = () => { at -= 1; show(); };
      on.onclick = () => { at += 1; show(); };
      const to = Math.min((at + 1) * size, all.length);
      $(".pager", section).replaceChildren(back, on, all.length ? `rows ${text(at * size + 1)} to ${text(to)} of ${text(all.length)}` : "");
      $(".pager", section).hidden = pages === 1;
    };
    return { set: (given) => { list = given; at = 0; show(); }, sorted, whole: (all) => { size = all ? Infinity : PAGE; at = 0; show(); }, show };
  };
  const label = (head, content) => { const made = make("td", { class: head.kind, "data-label": head.label }); made.append(content); return made; };

  // -- open items

  const opened = [];
  for (let row = 0; row < rows.id.length; row += 1) if (rows.residual[row] !== 0n) opened.push(row);
  const rank = new Map(); // amounts of several currencies are not compared: rank in the own currency comes first
  {
    const counts = {};
    const size = (row) => abs(rows.residual[row]);
    for (const row of [...opened].sort((a, b) => (size(a) === size(b) ? a - b : size(a) < size(b) ? 1 : -1))) { const of = codeOf(row); counts[of] = (counts[of] ?? 0) + 1; rank.set(row, counts[of]); }
  }
  opened.sort((a, b) => rank.get(a) - rank.get(b) || (codeOf(a) < codeOf(b) ? -1 : codeOf(a) > codeOf(b) ? 1 : a - b));
  const value = (column) => (row) => { const found = raw(column, row); return found === null ? null : numeric(column) ? Number(found) : column.kind === "date" ? found : String(found).toLowerCase(); };
  const longest = (column) => {
    let most = column.name.length;
    for (const word of (column.codes ? column.words : column.values).flatMap((one) => String(one ?? "").split(/[\s-]+/))) most = Math.max(most, word.length);
    return most;
  };
  const shape = (column) => {
    if (numeric(column)) return { kind: "n" };
    if (column.kind === "date") return { kind: "d" };
    const letters = longest(column);
    return letters > LONGEST_WORD ? { kind: "t", letters: 10 } : { kind: "t whole", letters };
  };
  const ofRow = (column) => ({ label: column.name, ...shape(column), text: (row) => cell(column, row), value: value(column), column });
  const openHeads = [
    { label: "Row", kind: "t", letters: Math.min(24, opened.reduce((most, row) => Math.max(most, rows.id[row].length), 0) + 2), text: (row) => rows.id[row], value: (row) => (/^-?\d{1,15}$/.test(rows.id[row]) ? Number(rows.id[row]) : rows.id[row]) },
    ...columns.map(ofRow),
    { label: "Open", kind: "n", text: (row) => money(rows.residual[row], codeOf(row)) + (rows.residual[row] === rows.amount[row] ? "" : ` of ${money(rows.amount[row], codeOf(row))}`), value: (row) => rows.residual[row] },
    ...(dates === null ? [] : [{ label: "Age in days", kind: "n", text: (row) => (age(row) === null ? "" : text(age(row))), value: age }]),
    ...(Object.keys(seen).length ? [{ label: "First seen", kind: "d", text: (row) => seen[rows.id[row]] ?? "", value: (row) => seen[rows.id[row]] ?? null }] : []),
    ...(Object.keys(why).length ? [{ label: "Reason", kind: "why", below: true, text: (row) => why[rows.id[row]] ?? "", value: (row) => why[rows.id[row]] ?? null }] : []),
  ];
  const open = $("#open");
  const filters = $("form", open);
  let bucket = null;
  let onPaper = false; // there is no room for sentences beside the columns: they go below them
  const openTable = table(open, openHeads, (row) => {
    const [beside, below] = onPaper ? [openHeads.filter((head) => !head.below), openHeads.filter((head) => head.below && head.text(row))] : [openHeads, []];
    const colspan = String(beside.length);
    return [line(beside.map((head) => label(head, head.text(row)))), ...below.map((head) => line([make("td", { colspan }, head.text(row))], "below"))];
  }, [null, false]);
  const limit = (written) => {
    const found = /^\s*(-?)([\d,\s']*)(?:\.(\d*))?\s*$/.exec(written);
    if (!written.trim() || !found) return null;
    const whole = BigInt(found[2].replace(/[^\d]/g, "") || "0") * unit;
    const part = BigInt((found[3] ?? "").padEnd(scale, "0").slice(0, scale) || "0");
    return found[1] ? -(whole + part) : whole + part;
  };
  let listed = [];
  const filterOpen = () => {
    const field = filters.elements;
    const wanted = field.text.value.trim().toLowerCase();
    const [least, most] = [limit(field.least.value), limit(field.most.value)];
    for (const one of [field.least, field.most]) one.setAttribute("aria-invalid", String(one.value.trim() !== "" && limit(one.value) === null));
    const since = field.since.value ? Date.parse(field.since.value) / 864e5 : null;
    const until = field.until.value ? Date.parse(field.until.value) / 864e5 : null;
    const only = field.code.value;
    listed = opened.filter((row) => {
      if (wanted && !searched[row].includes(wanted)) return false;
      if (least !== null && rows.residual[row] < least) return false;
      if (most !== null && rows.residual[row] > most) return false;
      if (only !== "" && `=${codeOf(row)}` !== only) return false;
      if (bucket !== null && bucketOf(row) !== bucket) return false;
      if (since === null && until === null) return true;
      const when = columns[dates.column].values[row];
      return when !== null && (since === null || when >= since) && (until === null || when <= until);
    });
    const aged = bucket === null ? "" : `; age ${buckets.names[bucket]}${bucket <= buckets.bounds.length ? " days" : ""} (Clear shows all)`;
    $(".found", open).textContent = `${text(listed.length)} of ${text(opened.length)} open items${aged}`;
    openTable.set(listed);
  };
  filters.onsubmit = (event) => event.preventDefault();
  filters.oninput = later(filterOpen);
  filters.onreset = () => { bucket = null; setTimeout(filterOpen); };
  for (const one of filters.querySelectorAll(".dated")) one.hidden = dates === null;
  $(".coded", filters).hidden = codes.length < 2;
  filters.elements.code.append(make("option", { value: "" }, "all"), ...codes.map((one) => make("option", { value: `=${one}` }, one || "none")));

  // -- groups

  const first = new Int32Array(groups.id.length + 1);
  for (const group of parts.group) first[group + 1] += 1;
  for (let at = 0; at < groups.id.length; at += 1) first[at + 1] += first[at];
  const inGroup = (group) => Array.from({ length: first[group + 1] - first[group] }, (_, at) => first[group] + at);
  const legs = (group) => { const found = new Map(); for (const part of inGroup(group)) { const of = codeOf(parts.row[part]); found.set(of, (found.get(of) ?? 0n) + parts.amount[part]); } return [...found].sort(); };
  const legsText = (group) => legs(group).map(([of, net]) => `${money(net, of)}${of ? " " + of : ""}`).join("; ") + (groups.pivot[group] === null ? "" : ` = ${groups.pivot[group]}`);
  const memberHeads = [openHeads[0], ...columns.map(ofRow), { label: "In this group", kind: "n" }];
  const members = (group) => {
    const body = inGroup(group).map((part) => {
      const row = parts.row[part];
      const split = parts.amount[part] === rows.amount[row] ? "" : ` of ${money(rows.amount[row], codeOf(row))}`;
      return line(memberHeads.map((head) => label(head, head.text ? head.text(row) : money(parts.amount[part], codeOf(row)) + split)));
    });
    const head = make("thead", {}, line(memberHeads.map((one) => make("th", { scope: "col", class: one.kind }, one.label))));
    return line([make("td", { colspan: String(groupHeads.length) }, make("table", {}, make("caption", { class: "visually-hidden" }, `Rows of group ${groups.id[group]}`), head, make("tbody", {}, ...body)))], "inside");
  };
  const groupHeads = [
    { label: "Rows of the group", kind: "" },
    { label: "Group", kind: "n", text: (group) => text(groups.id[group]), value: (group) => groups.id[group] },
    { label: "Stage", kind: "t", text: (group) => stages[groups.stage[group]], value: (group) => groups.stage[group] },
    { label: "Reason", kind: "t", text: (group) => groups.words[groups.reason[group]] ?? "", value: (group) => groups.words[groups.reason[group]] ?? null },
    { label: "Status", kind: "t", text: (group) => (groups.pinned[group] ? "pinned" : "proposed"), value: (group) => groups.pinned[group] },
    { label: "Rows", kind: "n", text: (group) => text(first[group + 1] - first[group]), value: (group) => first[group + 1] - first[group] },
    { label: "Net", kind: "n", text: legsText, value: (group) => { const found = legs(group); return found.length === 1 ? abs(found[0][1]) : null; } },
    { label: "Only choice", kind: "t", text: (group) => (groups.unique[group] === null ? "" : groups.unique[group] ? "yes" : "no"), value: (group) => groups.unique[group] },
  ];
  const section = $("#groups");
  const chosen = $("form", section);
  const groupTable = table(section, groupHeads, (group) => {
    const opener = make("button", { type: "button", class: "opener", "aria-expanded": "false", "aria-label": `Rows of group ${groups.id[group]}` }, "+");
    const made = line(groupHeads.map((head) => (head.text ? label(head, head.text(group)) : make("td", {}, opener))));
    let below = null;
    opener.onclick = () => {
      if (below) { below.remove(); below = null; } else { below = members(group); made.after(below); }
      opener.textContent = below ? "\u2212" : "+";
      opener.setAttribute("aria-expanded", String(below !== null));
    };
    return [made];
  }, [null, false]);
  let ofCode = null;
  const filterGroups = () => {
    const wanted = chosen.elements.text.value.trim().toLowerCase();
    const stage = chosen.elements.stage.value;
    const list = groups.id.map((_, group) => group).filter((group) => {
      if (stage !== "" && groups.stage[group] !== Number(stage)) return false;
      const inside = inGroup(group);
      if (ofCode !== null && !inside.some((part) => codeOf(parts.row[part]) === ofCode)) return false;
      const said = `${groups.id[group]} ${groups.words[groups.reason[group]] ?? ""}`.toLowerCase();
      return !wanted || said.includes(wanted) || inside.some((part) => searched[parts.row[part]].includes(wanted));
    });
    $(".found", section).textContent = `${text(list.length)} of ${text(groups.id.length)} groups${ofCode ? `; with rows in ${ofCode} (Clear shows all)` : ""}`;
    groupTable.set(list);
  };
  chosen.onsubmit = (event) => event.preventDefault();
  chosen.oninput = later(filterGroups);
  chosen.onreset = () => { ofCode = null; setTimeout(filterGroups); };
  chosen.elements.stage.append(make("option", { value: "" }, "every stage"), ...stages.map((one, at) => make("option", { value: String(at) }, one)));

  // -- bars filter the lists

  const go = (place) => { place.scrollIntoView(); $("input", place).focus({ preventScroll: true }); };
  for (const bar of document.querySelectorAll("button.track")) {
    bar.onclick = () => {
      const of = bar.dataset.currency;
      if (bar.dataset.stage) {
        chosen.elements.stage.value = String(stages.indexOf(bar.dataset.stage));
        ofCode = codes.length > 1 ? of : null;
        filterGroups();
        return go(section);
      }
      filters.reset();
      bucket = bar.dataset.bucket === undefined ? null : Number(bar.dataset.bucket);
      if (codes.length > 1) filters.elements.code.value = `=${of}`;
      const kept = bucket;
      setTimeout(() => { bucket = kept; if (codes.length > 1) filters.elements.code.value = `=${of}`; filterOpen(); go(open); });
    };
  }

  // -- downloads

  const save = (parts_, type, ending) => {
    const link = make("a", { href: URL.createObjectURL(new Blob(parts_, { type })), download: `open items ${name}.${ending}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  // what a spreadsheet would take for a formula is set off by an apostrophe; numbers stay numbers
  const guarded = (written) => (/^[=+\-@\t\r]/.test(written) && !/^-?\d+(\.\d+)?$/.test(written) ? `'${written}` : written);
  const quoted = (written) => (/[",\r\n]/.test(written) ? `"${written.replaceAll('"', '""')}"` : written);
  const exported = (head, row) => {
    if (head.label === "Open") return { number: plainAmount(rows.residual[row], codeOf(row)) };
    if (head.label === "Age in days") return age(row) === null ? {} : { number: String(age(row)) };
    if (!head.column) return { text: head.text(row) };
    const found = raw(head.column, row);
    if (found === null) return {};
    if (head.column.kind === "date") return { date: found };
    return numeric(head.column) ? { number: String(found) } : { text: String(found) };
  };
  const csv = () => {
    const written = (one) => one.number ?? (one.date !== undefined ? day(one.date) : guarded(one.text ?? ""));
    const lines = openTable.sorted().map((row) => openHeads.map((head) => quoted(written(exported(head, row)))).join(","));
    save(["\ufeff", [openHeads.map((head) => quoted(head.label)).join(","), ...lines].join("\r\n"), "\r\n"], "text/csv;charset=utf-8", "csv");
  };
  const crcs = Array.from({ length: 256 }, (_, n) => { let c = n; for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1; return c >>> 0; });
  const crc = (bytes) => { let c = 0xffffffff; for (const byte of bytes) c = crcs[(c ^ byte) & 255] ^ (c >>> 8); return (c ^ 0xffffffff) >>> 0; };
  const zip = (files) => { // entries are stored, not compressed
    const [out, central] = [[], []];
    let offset = 0;
    for (const [path, written] of files) {
      const [file, bytes] = [new TextEncoder().encode(path), new TextEncoder().encode(written)];
      const head = new DataView(new ArrayBuffer(26));
      [[0, 20], [8, 0], [10, 0x21]].forEach(([at, number]) => head.setUint16(at, number, true));
      [[12, crc(bytes)], [16, bytes.length], [20, bytes.length]].forEach(([at, number]) => head.setUint32(at - 2, number, true));
      head.setUint16(22, file.length, true);
      const local = new Uint8Array(30);
      local.set([0x50, 0x4b, 3, 4]); local.set(new Uint8Array(head.buffer), 4);
      out.push(local, file, bytes);
      const entry = new DataView(new ArrayBuffer(46));
      entry.setUint32(0, 0x02014b50, true); entry.setUint16(4, 20, true);
      new Uint8Array(entry.buffer).set(new Uint8Array(head.buffer), 6);
      entry.setUint32(42, offset, true);
      central.push(new Uint8Array(entry.buffer), file);
      offset += 30 + file.length + bytes.length;
    }
    const size = central.reduce((sum, one) => sum + one.length, 0);
    const end = new DataView(new ArrayBuffer(22));
    end.setUint32(0, 0x06054b50, true); end.setUint16(8, files.length, true); end.setUint16(10, files.length, true);
    end.setUint32(12, size, true); end.setUint32(16, offset, true);
    return [...out, ...central, new Uint8Array(end.buffer)];
  };
  const xml = (written) => written.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "").replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
  const letters = (at) => (at < 26 ? "" : letters(Math.floor(at / 26) - 1)) + String.fromCharCode(65 + (at % 26));
  const excel = () => {
    const string = (written) => `<c t="inlineStr"><is><t xml:space="preserve">${xml(written.slice(0, 32_767))}</t></is></c>`;
    const shown = (one) => {
      if (one.date !== undefined && one.date >= -25_508) return `<c s="1"><v>${one.date + 25_569}</v></c>`;
      if (one.date !== undefined) return string(day(one.date));
      // Excel keeps 15 digits: a longer number is a text
      if (one.number !== undefined) return one.number.replace(/[^\d]/g, "").replace(/^0+/, "").length > 15 || !/^-?\d+(\.\d+)?$/.test(one.number) ? string(one.number) : `<c s="${2 + Math.min((one.number.split(".")[1] ?? "").length, 4)}"><v>${one.number}</v></c>`;
      return one.text ? string(one.text) : "<c/>";
    };
    const head = `<row>${openHeads.map((one) => string(one.label).replace("<c ", '<c s="7" ')).join("")}</row>`;
    const body = openTable.sorted().map((row) => `<row>${openHeads.map((one) => shown(exported(one, row))).join("")}</row>`);
    const space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
    const kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const formats = ["yyyy-mm-dd", "#,##0", "#,##0.0", "#,##0.00", "#,##0.000", "#,##0.0000"];
    const start = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
    save(zip([
      ["[Content_Types].xml", `${start}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`],
      ["_rels/.rels", `${start}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${kinds}/officeDocument" Target="xl/workbook.xml"/></Relationships>`],
      ["xl/workbook.xml", `${start}<workbook ${space} xmlns:r="${kinds}"><sheets><sheet name="Open items" sheetId="1" r:id="rId1"/></sheets></workbook>`],
      ["xl/_rels/workbook.xml.rels", `${start}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${kinds}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${kinds}/styles" Target="styles.xml"/></Relationships>`],
      ["xl/styles.xml", `${start}<styleSheet ${space}><numFmts count="6">${formats.map((one, at) => `<numFmt numFmtId="${164 + at}" formatCode="${one}"/>`).join("")}</numFmts><fonts count="2"><font/><font><b/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="8"><xf/>${formats.map((_, at) => `<xf numFmtId="${164 + at}" applyNumberFormat="1"/>`).join("")}<xf fontId="1" applyFont="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`],
      ["xl/worksheets/sheet1.xml", `${start}<worksheet ${space}><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols><col min="1" max="${openHeads.length}" width="16" customWidth="1"/></cols><sheetData>${head}${body.join("")}</sheetData><autoFilter ref="A1:${letters(openHeads.length - 1)}${body.length + 1}"/></worksheet>`],
    ]), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx");
  };
  const print = () => { openTable.whole(true); document.body.classList.add("all-rows"); window.print(); };
  const forPaper = (paper) => { onPaper = paper; open.classList.toggle("paper", paper); };
  window.addEventListener("beforeprint", () => { forPaper(true); openTable.show(); });
  window.addEventListener("afterprint", () => {
    forPaper(false);
    if (document.body.classList.contains("all-rows")) openTable.whole(false); else openTable.show();
    document.body.classList.remove("all-rows");
  });
  for (const button of open.querySelectorAll("[data-do]")) button.onclick = { csv, excel, print }[button.dataset.do];

  open.hidden = section.hidden = false;
  filterOpen();
  filterGroups();
  if (location.hash) { $(location.hash)?.scrollIntoView(); if (location.hash === "#all-rows") openTable.whole(true); }
})();
