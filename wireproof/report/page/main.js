const ANY = { q: "", show: "all", target: "", contract: "", area: "" };

function choices(data) {
  for (const name of ["target", "contract", "area"]) {
    const select = document.getElementById(name);
    for (const value of [...data.names[name]].sort()) select.append(new Option(line(value), value));
  }
}

function start(data) {
  const list = new List(data);
  const inputs = Object.fromEntries(Object.keys(ANY).map((name) => [name, document.getElementById(name)]));
  const first = ["gating", "broken", "error", "advice"].find((show) => data.verdicts.some(SHOWS[show])) ?? "all";
  const usual = { ...ANY, show: first };

  const put = (filter) => Object.entries(inputs).forEach(([name, input]) => (input.value = filter[name] ?? ANY[name]));
  const now = () => Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value]));
  const write = () => {
    const kept = Object.entries(now()).filter(([, value]) => value);
    history.replaceState(null, "", "#verdicts?" + new URLSearchParams(kept));
    list.show(now());
  };
  const read = () => {
    const hash = location.hash;
    if (hash.startsWith("#verdicts?")) {
      put({ ...ANY, ...Object.fromEntries(new URLSearchParams(hash.slice("#verdicts?".length))) });
      list.show(now());
      document.getElementById("verdicts").scrollIntoView();
    } else if (hash.startsWith("#verdict/")) {
      const wanted = data.verdicts.find((verdict) => address(verdict) === hash);
      if (wanted) list.open(wanted);
      else document.getElementById("found").textContent = "The verdict of this address is not in this report.";
    }
  };

  choices(data);
  put(usual);
  list.show(usual);
  document.querySelector(".filters").hidden = false;
  document.querySelector(".filters").addEventListener("submit", (event) => event.preventDefault());
  Object.values(inputs).forEach((input) => input.addEventListener("input", write));
  document.getElementById("clear").addEventListener("click", () => {
    put(ANY);
    write();
  });
  addEventListener("hashchange", read);
  addEventListener("keydown", (event) => keyed(event, list, inputs.q, write));
  themed(charts(data));
  read();
  document.documentElement.dataset.ready = "yes";
}

function keyed(event, list, search, write) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const writing = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
  if (event.key === "Escape" && event.target === search) {
    search.value = "";
    write();
    search.blur();
  } else if (!writing && event.key === "/") {
    event.preventDefault();
    search.focus();
  } else if (!writing && (event.key === "j" || event.key === "k")) {
    list.step(event.key === "j" ? 1 : -1);
  }
}

unpack().then(understood).then(start);
