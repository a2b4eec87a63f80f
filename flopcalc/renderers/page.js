"use strict";
(() => {
  const number = new Intl.NumberFormat("en");
  const value = (cell) => cell.dataset.v === undefined ? null : Number(cell.dataset.v);
  const bodyOf = (table) => table.tBodies[0];

  // sorting: a click turns the order around, rows without a number stay last
  for (const table of document.querySelectorAll("table")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, at) => head.firstChild.addEventListener("click", () => {
      const numeric = head.classList.contains("n");
      const down = head.ariaSort === "none" ? numeric : head.ariaSort === "ascending";
      heads.forEach((other) => { other.ariaSort = "none"; });
      head.ariaSort = down ? "descending" : "ascending";
      const sign = down ? -1 : 1;
      const rows = [...bodyOf(table).rows].sort((a, b) => {
        const [x, y] = [a.cells[at], b.cells[at]];
        if (!numeric) return sign * x.textContent.localeCompare(y.textContent, "en", { numeric: true });
        const [m, n] = [value(x), value(y)];
        return m === null || n === null ? (m === null) - (n === null) : sign * (m - n);
      });
      bodyOf(table).append(...rows);
    }));
  }

  // filtering
  for (const input of document.querySelectorAll("input[data-for]")) {
    const table = document.getElementById(input.dataset.for);
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/);
      for (const row of bodyOf(table).rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
      }
    });
  }

  // folding by block: one row for the layers that share the first part of their name
  for (const box of document.querySelectorAll("input[data-fold]")) {
    const table = document.getElementById(box.dataset.fold);
    let open = null;
    box.addEventListener("change", () => {
      const body = bodyOf(table);
      if (!box.checked) { body.replaceChildren(...open); return; }
      open = [...body.rows];
      const blocks = new Map();
      for (const row of open) {
        const name = row.cells[0].textContent.split(".")[0];
        blocks.set(name, [...(blocks.get(name) || []), row]);
      }
      body.replaceChildren(...[...blocks].map(([name, rows]) => folded(name, rows)));
    });
  }
  function folded(name, rows) {
    if (rows.length === 1) return rows[0].cloneNode(true);
    const row = rows[0].cloneNode(true);
    [...row.cells].forEach((cell, at) => {
      if (at === 0) { cell.textContent = `${name} (${rows.length})`; return; }
      const values = rows.map((other) => value(other.cells[at]));
      if (!cell.classList.contains("n")) { cell.textContent = ""; return; }
      const sum = values.reduce((a, b) => a + (b || 0), 0);
      cell.dataset.v = sum;
      const share = rows.some((other) => other.cells[at].textContent.includes("%"));
      cell.textContent = share ? `${(100 * sum).toFixed(2)} %` : number.format(sum);
    });
    return row;
  }

  // the icicle: blocks above, their layers below, as wide as their share
  const layers = JSON.parse(document.getElementById("layers").textContent);
  const icicle = document.getElementById("icicle");
  if (!icicle) return;
  const detail = document.getElementById("detail");
  const HIGH = 34;
  const COLORS = 4; // the commonest kinds have one, all others and blocks of several are grey
  let shown = "mult_adds";
  let kinds = [];
  function draw(key) {
    const total = layers.reduce((sum, layer) => sum + layer[key], 0) || 1;
    const share = new Map();
    const rows = [[], []];
    let x = 0;
    for (const layer of layers) {
      if (!layer[key]) continue;
      share.set(layer.kind, (share.get(layer.kind) || 0) + layer[key]);
      const block = layer.name.split(".")[0];
      const last = rows[0][rows[0].length - 1];
      if (last && last.name === block) { last.size += layer[key]; last.layers.push(layer); }
      else rows[0].push({ name: block, x, size: layer[key], layers: [layer] });
      rows[1].push({ name: layer.name, x, size: layer[key], layers: [layer] });
      x += layer[key];
    }
    if (rows[0].length === rows[1].length) rows.shift(); // no block has parts
    kinds = [...share].sort((a, b) => b[1] - a[1]).map(([kind]) => kind);
    icicle.style.height = `${rows.length * HIGH}px`;
    icicle.replaceChildren(...rows.flatMap((row, level) => row.map((part) => {
      const button = document.createElement("button");
      const percent = 100 * part.size / total;
      const same = new Set(part.layers.map((layer) => layer.kind));
      button.className = colorOf(same.size === 1 ? [...same][0] : null);
      Object.assign(button.style, {
        left: `${100 * part.x / total}%`, width: `${percent}%`, top: `${level * HIGH}px`, height: `${HIGH}px`,
      });
      const room = icicle.clientWidth * part.size / total;
      if (room < 5) button.style.borderWidth = "0"; // else nothing is left of it
      button.textContent = room > 6.2 * part.name.length + 4 ? part.name : "";
      button.title = `${part.name}: ${number.format(part.size)}, ${percent.toFixed(2)} %`;
      button.setAttribute("aria-label", button.title);
      button.setAttribute("aria-pressed", "false");
      button.tabIndex = -1; // one stop for the tab key: arrows go from layer to layer
      button.addEventListener("click", () => show(button, part, percent, key));
      return button;
    })));
    if (icicle.firstChild) icicle.firstChild.tabIndex = 0;
    legend(share, total);
  }
  function colorOf(kind) {
    const at = kinds.indexOf(kind);
    return `k${at < 0 ? COLORS : Math.min(at, COLORS)}`;
  }
  function legend(share, total) {
    const named = kinds.slice(0, COLORS).map((kind) => [kind, share.get(kind)]);
    const rest = kinds.slice(COLORS).reduce((sum, kind) => sum + share.get(kind), 0);
    document.getElementById("kinds").replaceChildren(...named.map(([kind, size]) => {
      const item = document.createElement("li");
      item.className = colorOf(kind);
      item.textContent = `${kind} ${(100 * size / total).toFixed(2)} %`;
      return item;
    }), ...(rest ? [Object.assign(document.createElement("li"), {
      className: `k${COLORS}`, textContent: `other kinds ${(100 * rest / total).toFixed(2)} %`,
    })] : []));
  }
  function show(button, part, share, key) {
    for (const other of icicle.children) other.setAttribute("aria-pressed", String(other === button));
    const what = key === "params" ? "parameters" : "Mult-Adds";
    const lines = [`${part.name}: ${number.format(part.size)} ${what}, ${share.toFixed(2)} %`];
    if (part.layers.length === 1) {
      const layer = part.layers[0];
      lines.push(`${layer.kind}; ${number.format(layer.mult_adds)} Mult-Adds, ${number.format(layer.params)} parameters`);
      if (layer.formula) lines.push(`Mult-Adds = ${layer.formula}`);
    } else lines.push(`${part.layers.length} layers`);
    detail.textContent = lines.join("\n");
  }
  for (const radio of document.querySelectorAll("input[name=by]")) {
    radio.addEventListener("change", () => { shown = radio.value; draw(shown); });
  }
  icicle.addEventListener("keydown", (event) => {
    const all = [...icicle.children];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    const next = to !== undefined && all[to];
    if (!next) return;
    all[at].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
    event.preventDefault();
  });
  draw(shown);
  addEventListener("resize", () => draw(shown));
})();
