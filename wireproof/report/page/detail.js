function state(verdict) {
  if (verdict.colour === "broken" && verdict.level !== "must") return ["advice", "△"];
  return [verdict.colour, verdict.sign];
}

function detail(verdict, data) {
  const sent = verdict.case.split("+").flatMap((name) => data.byCase.get(JSON.stringify([verdict.target, name])) ?? []);
  const [colour] = state(verdict);
  const outcome = verdict.outcome === "fail" ? `broken, ${verdict.level}` : verdict.outcome;
  return make("div", { class: "detail" },
    make("p", { class: "requirement" }, verdict.requirement),
    make("p", { class: "quiet" }, make("span", { class: `sign ${colour}` }, state(verdict)[1]), ` ${outcome}`,
      verdict.gates ? "; it fails the run" : "", " · ", make("a", { href: address(verdict) }, "link to this verdict")),
    ...findings(verdict),
    ...rules(verdict, data.clauses),
    make("h3", {}, "Evidence"),
    ...(sent.length ? sent.map((exchange, at) => evidence(exchange, at === sent.length - 1)) : [make("p", { class: "quiet" }, "No request was sent for this case.")]),
  );
}

function findings(verdict) {
  const pairs = (rows) => make("dl", { class: "finding" }, ...rows.flatMap(([name, value]) => {
    const shown = make("dd");
    lines(shown, value);
    return [make("dt", {}, name), shown];
  }));
  if (!verdict.findings.length) return verdict.message ? [pairs([["reason", verdict.message]])] : [];
  return verdict.findings.map(([expected, actual, where]) =>
    pairs([["expected", expected], ["actual", actual], ...(where ? [["where", where]] : [])]));
}

// The clauses that have the outcome of the verdict come first; where it failed, the others are folded.
function rules(verdict, clauses) {
  const list = (rows) => make("ul", { class: "rules" }, ...rows.map((clause) => rule(clause, clauses)));
  const first = verdict.clauses.filter((clause) => clause[4] === verdict.outcome);
  const others = verdict.clauses.filter((clause) => clause[4] !== verdict.outcome);
  const title = verdict.colour === "broken" ? "Broken clause" : "Clause";
  return [
    ...(first.length ? [make("h3", {}, first.length === 1 ? title : `${title}s`), list(first)] : []),
    ...(others.length ? [make("details", {}, make("summary", {}, `${others.length} clauses that hold here`), list(others))] : []),
  ];
}

function rule([id, level, authority, basis, outcome], clauses) {
  const [says, place] = clauses[id] ?? ["", ""];
  const tags = [level, authority, basis, ...(outcome === "pass" ? [] : [outcome])];
  return make("li", {},
    make("a", { class: "clause", href: "#verdicts?" + new URLSearchParams({ q: id, show: "all" }) }, id),
    ...tags.map((tag) => make("span", { class: tag === "fail" ? "tag fail" : "tag" }, tag)),
    ...(says ? [make("br"), says, " ", make("small", { class: "quiet" }, place)] : []));
}

function evidence(exchange, open) {
  const title = `${exchange.method} ${exchange.url} → ${exchange.status ?? "no response"}`;
  const took = exchange.whole == null ? "" : ` in ${exchange.whole.toFixed(1)} ms`;
  const element = make("details", { class: "exchange" }, make("summary", {}, title, make("small", { class: "quiet" }, `${took}, ${exchange.size} bytes, ledger line ${exchange.line}`)));
  const fill = () => element.childElementCount === 1 && element.append(inside(exchange));
  element.addEventListener("toggle", fill);
  if (open) {
    element.open = true;
    fill();
  }
  return element;
}

function inside(exchange) {
  const parts = [titled("Request", `${exchange.method} ${exchange.url}\n${fields(exchange.sent)}\n${exchange.body}${rest(exchange.unsent)}`)];
  if (exchange.status != null) {
    parts.push(titled("Response, head", `${exchange.version} ${exchange.status}\n${fields(exchange.headers)}`));
    parts.push(make("h4", {}, `Response, body: ${exchange.reads.length} ${exchange.reads.length === 1 ? "read" : "reads"} shown`), body(exchange));
  }
  if (exchange.broken) parts.push(titled("Broke off", `${exchange.broken[0]}: ${exchange.broken[1]}\n${exchange.broken[2]}`));
  for (const retry of exchange.retries) parts.push(make("p", { class: "quiet" }, `retried: ${retry}`));
  if (exchange.curl) parts.push(make("h4", {}, "Repeat"), curl(exchange.curl));
  return make("div", { class: "inside" }, ...parts);
}

function titled(title, text) {
  return make("div", {}, make("h4", {}, title), lines(make("pre", { tabindex: "0" }), text.trimEnd()));
}

function fields(headers) {
  return headers.map(([name, value]) => `${name}: ${value}\n`).join("");
}

function rest(count) {
  return count > 0 ? `\n… ${count} more bytes in the ledger` : "";
}

function body(exchange) {
  const shown = make("pre", { tabindex: "0" });
  for (const [at, text] of exchange.reads) {
    const read = make("span", { class: "read" }, make("span", { class: "at" }, at == null ? "" : `${at.toFixed(1)} ms`));
    shown.append(lines(read, text.replace(/\n$/, "")));
  }
  const shownBytes = new TextEncoder().encode(exchange.reads.map(([, text]) => text).join("")).length;
  const coded = exchange.headers.some(([name]) => name.toLowerCase() === "content-encoding");
  if (exchange.size > shownBytes && !coded) shown.append(rest(exchange.size - shownBytes).trim());
  if (exchange.truncated) shown.append("\n… cut off here: the run records no more of a response");
  return shown;
}

function curl(command) {
  const copy = make("button", { type: "button" }, "Copy");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command);
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Select and copy it";
    }
  });
  return make("div", { class: "curl" }, lines(make("pre", { tabindex: "0" }), command), copy);
}
