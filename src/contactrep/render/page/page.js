(() => {
  "use strict";

  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const number = count => count.toLocaleString("en-US").replace("-", "−");
  const spoken = make("p", { className: "hidden", role: "status" });
  document.body.append(spoken);

  // Charts. The rules of their scale and of the places of bars are those of render/geometry, which gives `rules`.

  function roundSteps(largest) {
    const steps = [1, 2, 5];
    for (let power = 1; power <= largest; power *= 10) steps.push(...rules.round.map(factor => factor * power));
    return steps;
  }

  function fittingAxis(counts) {
    const smallest = Math.min(0, ...counts);
    const largest = Math.max(smallest < 0 ? 0 : 1, ...counts);
    let best = null;
    for (const step of roundSteps(Math.max(largest, -smallest))) {
      const below = Math.ceil(-smallest / step), above = Math.ceil(largest / step);
      if (below + above > rules.most_ticks) continue;
      const waste = ((above + below) * step) / (largest - smallest) + 0.1 / (below + above);
      if (!best || waste < best.waste) best = { step, below, above, waste };
    }
    return best;
  }

  function axisNumber(value) {
    if (value < 0) return "−" + axisNumber(-value);
    for (const [size, name] of [[1e12, "T"], [1e9, "G"], [1e6, "M"]])
      if (value >= size) return `${+(value / size).toPrecision(6)} ${name}`;
    return number(value);
  }

  class Plot {
    constructor(root) {
      this.root = root;
      this.area = root.querySelector(".area");
      this.axis = root.querySelector(".axis");
      this.name = this.area.getAttribute("aria-label");
      this.stacked = root.classList.contains("stacked");
      this.height = +root.dataset.height;
      this.top = +root.dataset.top;
      this.buckets = all(".bucket", root).map(group => {
        const title = group.querySelector("title");
        const label = title.textContent.split("\n")[0];
        title.remove();
        const hit = group.querySelector(".hit");
        const bars = new Map(all("rect:not(.hit)", group).map(bar => [+bar.classList[0].slice(1), bar]));
        return {
          group, label, bars,
          counts: group.dataset.counts.split(" ").map(Number),
          left: parseFloat(hit.getAttribute("x")),
          width: parseFloat(hit.getAttribute("width")),
        };
      });
    }

    // Draw again, without the series in `hidden`.
    draw(hidden) {
      const shown = this.buckets[0].counts.map((_, series) => series).filter(series => !hidden.has(series));
      const sums = this.buckets.map(({ counts }) => shown.reduce((sum, series) => sum + counts[series], 0));
      const each = this.buckets.flatMap(({ counts }) => shown.map(series => counts[series]));
      const axis = fittingAxis(this.stacked ? sums : each);
      const y = value => this.top + this.height * (1 - (value / axis.step + axis.below) / (axis.above + axis.below));
      for (const bucket of this.buckets) this.drawBucket(bucket, shown, hidden, y);
      this.drawAxis(axis, y);
    }

    drawBucket({ counts, bars, left, width }, shown, hidden, y) {
      const wide = Math.min((width * rules.group) / (this.stacked ? 1 : Math.max(shown.length, 1)), rules.widest * 100);
      const start = left + (width - wide * (this.stacked ? 1 : shown.length)) / 2;
      let total = 0;
      for (const [series, bar] of bars) {
        bar.style.display = hidden.has(series) ? "none" : "";
        if (hidden.has(series)) continue;
        const from = this.stacked ? total : 0;
        total += counts[series];
        const tall = Math.max(Math.abs(y(from) - y(from + counts[series])), rules.lowest);
        bar.setAttribute("x", `${start + (this.stacked ? 0 : shown.indexOf(series) * wide)}%`);
        bar.setAttribute("width", `${wide}%`);
        bar.setAttribute("y", counts[series] < 0 ? y(from) : y(from) - tall);
        bar.setAttribute("height", tall);
      }
    }

    drawAxis(axis, y) {
      const texts = [], lines = [];
      const svg = name => document.createElementNS("http://www.w3.org/2000/svg", name);
      for (let place = -axis.below; place <= axis.above; place++) {
        const value = place * axis.step, at = y(value), text = svg("text"), line = svg("line");
        for (const [name, set] of [["x", this.axis.getAttribute("width") - 8], ["y", at], ["dy", 4]])
          text.setAttribute(name, set);
        text.textContent = axisNumber(value);
        for (const [name, set] of [["x2", "100%"], ["y1", at], ["y2", at]]) line.setAttribute(name, set);
        if (!value) line.setAttribute("class", "zero");
        texts.push(text);
        lines.push(line);
      }
      this.axis.replaceChildren(...texts);
      this.area.querySelector(".lines").replaceChildren(...lines);
    }
  }

  class Chart {
    constructor(root) {
      this.root = root;
      this.hidden = new Set();
      this.plots = all(".plot", root).map(plot => new Plot(plot));
      this.keys = all(".keys li:not(.still)", root);
      this.series = this.keys.map(key => ({
        name: key.textContent.trim(),
        mark: key.querySelector(".mark"),
      }));
      this.tip = make("div", { className: "tip", hidden: true });
      root.append(this.tip);
      if (this.keys.length > 1) this.keys.forEach((key, series) => this.addToggle(key, series));
      this.plots.forEach(plot => this.listen(plot));
    }

    addToggle(key, series) {
      const button = make("button", { type: "button", title: "Hide or show; double-click: show alone" });
      button.append(...key.childNodes);
      button.setAttribute("aria-pressed", "true");
      key.append(button);
      button.onclick = () => this.toggle(series);
      button.ondblclick = () => this.isolate(series);
    }

    toggle(series) {
      this.hidden.has(series) ? this.hidden.delete(series) : this.hidden.add(series);
      this.show();
    }

    isolate(series) {
      const others = this.series.map((_, place) => place).filter(place => place !== series);
      const alone = others.every(place => this.hidden.has(place));
      this.hidden = new Set(alone ? [] : others);
      this.show();
    }

    show() {
      this.keys.forEach((key, series) =>
        key.querySelector("button").setAttribute("aria-pressed", !this.hidden.has(series)));
      this.plots[0].draw(this.hidden);
      const donut = this.root.parentElement.querySelector(".donut");
      if (donut) for (const arc of all("path", donut))
        arc.classList.toggle("dim", this.hidden.has(+arc.dataset.part));
    }

    listen(plot) {
      const area = plot.area;
      plot.buckets.forEach(({ group }, place) => {
        group.addEventListener("pointerenter", () => this.point(place));
      });
      area.addEventListener("pointerleave", event => event.pointerType === "mouse" && this.leave());
      if (plot !== this.plots[0]) return;
      area.setAttribute("tabindex", "0");
      area.setAttribute("aria-keyshortcuts", "ArrowRight ArrowLeft Home End Escape");
      area.addEventListener("blur", () => this.leave());
      area.addEventListener("keydown", event => this.step(event));
    }

    step(event) {
      const last = this.plots[0].buckets.length - 1, at = this.place ?? -1;
      const next = { ArrowRight: Math.min(at + 1, last), ArrowLeft: Math.max(at - 1, 0), Home: 0, End: last }[event.key];
      if (event.key === "Escape") this.leave();
      if (next === undefined) return;
      event.preventDefault();
      this.point(next);
      spoken.textContent = this.tip.innerText.replaceAll("\n", " ");
    }

    leave() {
      this.place = undefined;
      this.tip.hidden = true;
      all(".on", this.root).forEach(group => group.classList.remove("on"));
    }

    point(place) {
      this.leave();
      this.place = place;
      const lines = [make("b", { textContent: this.plots[0].buckets[place].label })];
      const { counts } = this.plots[0].buckets[place];
      let total = 0, listed = 0;
      this.series.forEach(({ name, mark }, series) => {
        if (this.hidden.has(series) || (this.plots[0].stacked && !counts[series])) return;
        total += counts[series];
        listed += 1;
        lines.push(this.line(name, counts[series], mark));
      });
      if (this.plots[0].stacked && listed !== 1) lines.push(this.line("Total", total));
      for (const plot of this.plots.slice(1)) lines.push(this.line(plot.name, plot.buckets[place].counts[0]));
      for (const plot of this.plots) plot.buckets[place].group.classList.add("on");
      this.tip.replaceChildren(...lines);
      this.tip.hidden = false;
      this.placeTip(place);
    }

    line(name, count, mark) {
      const line = make("div", {}, make("bdi", { textContent: name }), make("span", { textContent: number(count) }));
      if (mark) line.prepend(mark.cloneNode(true));
      return line;
    }

    placeTip(place) {
      const whole = this.root.getBoundingClientRect(), gap = 10;
      const hit = this.plots[0].buckets[place].group.querySelector(".hit").getBoundingClientRect();
      const { width } = this.tip.getBoundingClientRect();
      let left = hit.right - whole.left + gap;
      if (left + width > whole.width) left = hit.left - whole.left - width - gap;
      this.tip.style.left = `${Math.max(0, Math.min(left, whole.width - width))}px`;
      this.tip.style.top = `${hit.top - whole.top}px`;
    }
  }

  // Donuts: a part and its row in the table point at each other.

  function linkDonut(breakdown) {
    const arcs = all(".donut path", breakdown), parts = all("[data-part]", breakdown);
    const point = part => arcs.forEach(arc => arc.classList.toggle("aside", part !== null && arc.dataset.part !== part));
    parts.forEach(one => {
      one.addEventListener("pointerenter", () => point(one.dataset.part));
      one.addEventListener("pointerleave", () => point(null));
    });
  }

  // Tables. Rows are arrays of texts; a table that holds all its rows keeps their elements, too.

  const PAGE = 100;
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  // The number that a text says, of a count, a share or a change; -Infinity where it says none.
  function amount(text) {
    const plain = text.replaceAll(",", "").replace("−", "-");
    const found = /(▼|-)?[^\d]*?(\d[\d.]*)/.exec(plain);
    if (!found) return -Infinity;
    const size = plain.includes("<") ? found[2] / 2 : +found[2];
    return found[1] ? -size : size;
  }

  // A text as people search it: without case, accents, and the two ways to write these.
  function plain(text) {
    return text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  }

  // The rank of every text of a column, by the kind of its cells: equal for equal texts.
  function ranks(texts, kind) {
    const values = [...new Set(texts)];
    const amounts = kind === "number" && new Map(values.map(value => [value, amount(value)]));
    const byAmount = (one, other) => amounts.get(one) - amounts.get(other) || 0;
    values.sort(kind === "number" ? byAmount : kind === "time" ? undefined : collator.compare);
    const places = new Map(values.map((value, place) => [value, place]));
    return texts.map(text => places.get(text));
  }

  class Table {
    constructor(root) {
      this.root = root;
      this.body = root.tBodies[0];
      this.headings = [...root.tHead.rows[0].cells];
      const source = root.dataset.rows && document.getElementById(root.dataset.rows);
      this.elements = source ? null : [...this.body.rows];
      this.columns = source ? this.decoded(JSON.parse(source.textContent)) : this.read();
      this.order = this.columns[0].map((_, place) => place);
      this.found = this.order;
      this.page = 0;
      this.headings.forEach((heading, column) => this.addSorting(heading, column));
      if ("search" in root.dataset) this.addTools(Boolean(source));
    }

    decoded(columns) {
      return columns.map(([values, places]) => places ? places.map(place => values[place]) : values);
    }

    read() {
      return this.headings.map((_, column) => this.elements.map(row => row.cells[column].textContent.trim()));
    }

    addSorting(heading, column) {
      const button = make("button", { type: "button" });
      button.append(...heading.childNodes);
      heading.append(button);
      button.onclick = () => this.sort(column);
    }

    // Numbers start with the largest, everything else with the first; a second time turns the order round.
    sort(column) {
      const heading = this.headings[column], kind = heading.className;
      const before = heading.getAttribute("aria-sort");
      const descending = before ? before === "ascending" : kind === "number";
      this.headings.forEach(other => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const inOrder = column === 0 && this.root.classList.contains("figures");
      const rank = inOrder ? [...this.order.keys()] : ranks(this.columns[column], kind);
      const sign = descending ? -1 : 1;
      this.order = rank.map((_, place) => place).sort((one, other) => sign * (rank[one] - rank[other]) || one - other);
      this.show();
    }

    addTools(paged) {
      const input = make("input", { type: "search", placeholder: "Search", autocomplete: "off" });
      input.setAttribute("aria-label", `Search ${this.root.caption.textContent}`);
      this.status = make("span", { role: "status" });
      const tools = make("div", { className: "tools" }, input, this.status);
      this.root.parentElement.before(tools);
      input.oninput = () => this.search(input.value);
      if (paged) this.addPagers(tools);
    }

    // One above the rows, and one below them, from which a reader goes on at the top.
    addPagers(tools) {
      const below = make("div", { className: "tools" });
      this.pagers = [this.pager(() => {}), this.pager(() => tools.scrollIntoView())];
      tools.append(this.pagers[0]);
      below.append(this.pagers[1]);
      this.root.parentElement.after(below);
      this.show();
    }

    pager(after) {
      const button = (text, by) => make("button", {
        type: "button", textContent: text, onclick: () => { this.turn(by); after(); },
      });
      return make("div", { className: "pager" }, button("Previous", -1), button("Next", 1));
    }

    turn(by) {
      this.page += by;
      this.show(true);
    }

    search(text) {
      this.texts ??= this.columns[0].map((_, row) => this.columns.map(column => column[row]).join("\n")).map(plain);
      this.sought = plain(text.trim());
      this.show();
    }

    show(samePage = false) {
      if (!samePage) this.page = 0;
      this.found = this.sought ? this.order.filter(row => this.texts[row].includes(this.sought)) : this.order;
      this.elements ? this.showAll() : this.showPage();
    }

    showAll() {
      const kept = new Set(this.found);
      this.elements.forEach((row, place) => { row.hidden = !kept.has(place); });
      this.body.append(...this.order.map(place => this.elements[place]));
      if (this.status) this.status.textContent = this.sought ? `${number(kept.size)} of ${number(this.order.length)}` : "";
    }

    showPage() {
      const first = this.page * PAGE, rows = this.found.slice(first, first + PAGE);
      this.body.replaceChildren(...rows.map(row => this.element(row)));
      const last = first + rows.length, whole = this.found.length;
      this.status.textContent = whole ? `${number(first + 1)}–${number(last)} of ${number(whole)}` : "Nothing found";
      for (const { firstChild: back, lastChild: ahead } of this.pagers) {
        back.disabled = !this.page;
        ahead.disabled = last >= whole;
      }
    }

    element(row) {
      return make("tr", {}, ...this.columns.map((column, place) => {
        const heading = this.headings[place];
        const text = heading.querySelector("bdi") ? make("bdi", { textContent: column[row] }) : column[row];
        return make("td", { className: heading.className }, text);
      }));
    }
  }

  function addCopying(command) {
    if (!navigator.clipboard) return;
    const button = make("button", { type: "button", textContent: "Copy" });
    command.append(button);
    button.onclick = () => navigator.clipboard.writeText(command.querySelector("code").textContent)
      .then(() => { button.textContent = "Copied"; setTimeout(() => { button.textContent = "Copy"; }, 1500); });
  }

  all("figure").forEach(root => new Chart(root));
  all(".breakdown").forEach(linkDonut);
  all("table").forEach(root => new Table(root));
  all(".command").forEach(addCopying);
})();
