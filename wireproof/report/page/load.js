// Charts of a load run; those over time share one axis and one cursor.
const data = JSON.parse(document.getElementById("data").textContent);
const moments = uPlot.sync("moments");
const DASHED = [6, 4];

// An axis of zeros alone ends at 1.
const fromZero = (_, low, high) => [0, high > 0 ? high * 1.05 : 1];

function plot(place, { x, y, series, columns, log, height = 220, hooks, synced, right, xLog }) {
  const scales = { x: { time: false, distr: xLog ? 3 : 1 }, y: log ? { distr: 3 } : { range: fromZero } };
  const axes = [{ ...axis(x), size: 34, values: (_, ticks) => ticks.map(shortNumber) }, { ...axis(y), size: 52, values: (_, ticks) => ticks.map(shortNumber) }];
  if (right) {
    scales.right = { range: fromZero };
    axes.push({ ...axis(right), side: 1, scale: "right", size: 52, grid: { show: false }, values: (_, ticks) => ticks.map(shortNumber) });
  }
  return new uPlot({
    width: Math.max(260, place.clientWidth), height, scales, axes,
    hooks: { ...hooks, setCursor: [(chart) => chart.root.classList.toggle("hovered", chart.cursor.idx != null)] },
    cursor: { sync: synced ? { key: moments.key } : undefined, drag: { x: true, y: false }, points: { size: 6 } },
    series: [{ label: x, value: (_, value) => (value == null ? "–" : shortNumber(value)) },
      ...series.map((one, at) => ({ stroke: COLOURS[at % COLOURS.length], width: 2, points: { show: columns[0].length < 3 }, value: (_, value) => (value == null ? "–" : shortNumber(value)), ...one }))],
  }, columns, place);
}

function overTime(id, y, names, right) {
  const place = document.getElementById(id);
  const rows = data.time[id];
  if (!place || !rows) return null;
  const series = names.filter((name) => rows[name]).map((name) => ({ label: name, ...(right && right.of === name ? { scale: "right", dash: DASHED } : {}) }));
  return plot(place, { x: "time since the start, s", y, right: right && right.label, synced: true, series, columns: [data.time.x, ...series.map((one) => rows[one.label])] });
}

function shares() {
  const place = document.getElementById("cdf");
  if (!place || !data.cdf.length) return null;
  const stepped = uPlot.paths.stepped({ align: 1 });
  const groups = data.cdf.map((one) => one.points);
  return plot(place, { x: "time, ms", y: "share of values, %", xLog: true, height: 260, columns: joined(groups),
    series: data.cdf.map((one) => ({ label: one.metric, spanGaps: true, paths: stepped, points: { show: false } })) });
}

// Opacity is the square root of a cell's share of the fullest cell, so that rare gaps stay visible.
function heat() {
  const place = document.getElementById("heat");
  if (!place || !data.heat.cells.length) return null;
  const { edges, cells, width } = data.heat;
  const most = Math.max(...cells.map(([, , count]) => count));
  const draw = (chart) => {
    const { ctx } = chart;
    ctx.save();
    ctx.beginPath();
    ctx.rect(chart.bbox.left, chart.bbox.top, chart.bbox.width, chart.bbox.height);
    ctx.clip();
    ctx.fillStyle = ink("--accent");
    for (const [at, row, count] of cells) {
      const left = chart.valToPos(at * width, "x", true), right = chart.valToPos((at + 1) * width, "x", true);
      const low = chart.valToPos(edges[row], "y", true), high = chart.valToPos(edges[row + 1], "y", true);
      ctx.globalAlpha = 0.12 + 0.88 * Math.sqrt(count / most);
      ctx.fillRect(left, high, Math.max(1, right - left), Math.max(1, low - high));
    }
    ctx.restore();
  };
  const spanned = [0, ...data.time.x, (data.time.x.at(-1) ?? 0) + width];
  const bounds = spanned.map((_, at) => (at ? edges.at(-1) : edges[0]));
  return plot(place, { x: "time since the start, s", y: "ITL, ms", log: true, synced: true, height: 260, hooks: { draw: [draw] }, columns: [spanned, bounds],
    series: [{ label: "ITL", width: 0, points: { show: false }, value: () => "" }] });
}

function marked(lines) {
  return (chart) => {
    const { ctx } = chart;
    ctx.save();
    for (const [at, [value, label]] of lines.entries()) {
      const x = chart.valToPos(value, "x", true);
      ctx.strokeStyle = ctx.fillStyle = ink("--quiet");
      ctx.setLineDash([4, 4]);
      ctx.beginPath();
      ctx.moveTo(x, chart.bbox.top);
      ctx.lineTo(x, chart.bbox.top + chart.bbox.height);
      ctx.stroke();
      ctx.font = `${12 * devicePixelRatio}px sans-serif`;
      ctx.textAlign = x > chart.bbox.left + chart.bbox.width / 2 ? "right" : "left";
      ctx.fillText(` ${label} `, x, chart.bbox.top + chart.bbox.height - (8 + 16 * at) * devicePixelRatio);
    }
    ctx.restore();
  };
}

function sweep() {
  const place = document.getElementById("sweep");
  if (!place || !data.sweep) return null;
  const { loads, ok, good, unit, lines } = data.sweep;
  return plot(place, { x: unit, y: "ok requests/s", right: "good requests, %", xLog: true, height: 280, hooks: { draw: [marked(lines)] }, columns: [loads, ok, good],
    series: [{ label: "ok, requests/s", points: { show: true, size: 7 } }, { label: "% good", scale: "right", dash: DASHED, points: { show: true, size: 6 } }] });
}

function limiter() {
  const place = document.getElementById("limiter");
  if (!place || !data.limiter) return null;
  const dots = { paths: () => null, points: { show: true, size: 7 } };
  return plot(place, { x: "time since the start, s", y: "requests so far", height: 240, columns: [data.limiter.x, data.limiter.admitted, data.limiter.refused],
    series: [{ label: "admitted", ...dots }, { label: "refused", ...dots }] });
}

let plots = [];
function drawAll() {
  plots.forEach((chart) => chart.destroy());
  plots = [
    overTime("throughput", "ok requests/s", ["ok", "under way"], { of: "under way", label: "requests under way" }),
    overTime("tokens", "tokens/s", ["tokens"]),
    overTime("failures", "requests/s", ["refused", "throttled", "cut", "in-stream error", "non-conformant", "timeout", "unreachable", "left"]),
    overTime("latency", "latency, ms", ["TTFT p50", "TTFT p95", "e2e p50", "e2e p95"]),
    shares(), heat(), sweep(), limiter(),
  ].filter(Boolean);
  document.documentElement.dataset.ready = "yes";
}
let width = 0;
new ResizeObserver(([{ contentRect }]) => {
  if (contentRect.width === width) return;
  width = contentRect.width;
  drawAll();
}).observe(document.querySelector("main"));
themed(() => width && drawAll());
