const FIELDS = ["target", "contract", "check", "case", "area"];
const SHOWS = {
  broken: (v) => v.colour === "broken" && v.level === "must",
  advice: (v) => v.colour === "broken" && v.level !== "must",
  error: (v) => v.outcome === "error",
  gating: (v) => v.gates,
  skipped: (v) => v.skipped,
  noted: (v) => v.outcome === "noted",
  pass: (v) => v.outcome === "pass",
  all: () => true,
};

async function unpack() {
  const bytes = Uint8Array.from(atob(document.getElementById("data").textContent), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

function understood(data) {
  const gating = new Set(data.gating);
  const verdicts = data.verdicts.map((row, at) => {
    const [outcome, sign, colour, skipped] = data.outcomes[row[5]];
    const verdict = { at, outcome, sign, colour, skipped, level: row[6], message: row[8], findings: row[9] };
    FIELDS.forEach((name, place) => (verdict[name] = data.names[name][row[place]]));
    verdict.requirement = data.requirements[row[2]];
    verdict.clauses = data.clauseSets[row[7]];
    verdict.gates = gating.has(at);
    return verdict;
  });
  const exchanges = new Map();
  for (const exchange of data.exchanges) {
    const key = JSON.stringify([exchange.target, exchange.case]);
    if (!exchanges.has(key)) exchanges.set(key, []);
    exchanges.get(key).push(exchange);
  }
  const weight = (v) => (v.gates ? 0 : v.outcome === "error" ? 1 : v.colour === "broken" ? 2 : 3);
  return { ...data, verdicts, ordered: [...verdicts].sort((a, b) => weight(a) - weight(b) || a.at - b.at), byCase: exchanges };
}

function haystack(verdict) {
  verdict.text ??= [
    verdict.check, verdict.case, verdict.target, verdict.area, verdict.outcome, verdict.message, verdict.requirement,
    ...verdict.clauses.map((clause) => clause[0]),
  ].join("\n").toLowerCase();
  return verdict.text;
}

function chosen(data, filter) {
  const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
  const shows = Object.hasOwn(SHOWS, filter.show) ? SHOWS[filter.show] : SHOWS.all;
  return data.ordered.filter(
    (v) =>
      shows(v) &&
      ["target", "contract", "area"].every((name) => !filter[name] || v[name] === filter[name]) &&
      words.every((word) => haystack(v).includes(word)),
  );
}

function address(verdict) {
  const parts = [verdict.target, verdict.contract, verdict.check, verdict.case];
  return "#verdict/" + parts.map((part) => encodeURIComponent(part.toWellFormed ? part.toWellFormed() : part)).join("/");
}
