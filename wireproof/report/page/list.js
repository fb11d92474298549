const PAGE = 60;
const grouped = new Intl.NumberFormat("en").format;

class List {
  constructor(data) {
    this.data = data;
    this.place = document.getElementById("list");
    this.more = document.getElementById("more");
    this.status = document.getElementById("found");
    this.more.addEventListener("click", () => {
      const next = this.drawn;
      this.draw();
      this.place.children[next]?.firstChild.focus();
    });
  }

  show(filter) {
    this.found = chosen(this.data, filter);
    this.drawn = 0;
    this.place.replaceChildren();
    this.draw();
    const words = { gating: " that fail the run", all: " in all" }[filter.show] ?? `, ${filter.show}`;
    const count = this.found.length;
    this.status.textContent = `${grouped(count)} ${count === 1 ? "verdict" : "verdicts"}${words}` + (count ? "" : ". Choose another Show, or Clear.");
  }

  draw() {
    const next = this.found.slice(this.drawn, this.drawn + PAGE);
    this.place.append(...next.map((verdict) => this.row(verdict)));
    this.drawn += next.length;
    this.more.hidden = this.drawn >= this.found.length;
    this.more.textContent = `Show ${Math.min(PAGE, this.found.length - this.drawn)} more of ${grouped(this.found.length)}`;
  }

  row(verdict) {
    const [colour, sign] = state(verdict);
    const row = make("details", { class: "verdict", "data-at": String(verdict.at) },
      make("summary", {},
        make("span", { class: `sign ${colour}`, title: verdict.outcome }, sign),
        make("span", { class: "name" }, verdict.check, make("small", {}, verdict.case)),
        make("span", { class: "said" }, (verdict.message || verdict.requirement).slice(0, 300)),
        make("span", { class: "whom" }, `${verdict.target} · ${this.data.columns[`${verdict.target} ${verdict.contract}`]}`)));
    row.addEventListener("toggle", () => row.open && this.fill(row, verdict));
    return row;
  }

  fill(row, verdict) {
    if (row.childElementCount === 1) row.append(detail(verdict, this.data));
  }

  // Opens one verdict; it is put on top of the list if the filter excludes it.
  open(wanted) {
    const at = this.found.indexOf(wanted);
    while (at >= this.drawn) this.draw();
    let row = at < 0 ? null : this.place.children[at];
    if (!row) {
      row = this.row(wanted);
      this.place.prepend(row);
      this.found.unshift(wanted);
      this.drawn += 1;
    }
    this.fill(row, wanted);
    row.open = true;
    row.scrollIntoView({ block: "start" });
    row.firstChild.focus({ preventScroll: true });
  }

  step(by) {
    const rows = [...this.place.children];
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
    next?.firstChild.focus();
    next?.scrollIntoView({ block: "nearest" });
  }
}
