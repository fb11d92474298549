// Colours that are distinct for every kind of colour vision (Okabe and Ito), on light and dark backgrounds.
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b58900", "#56b4e9", "#7f7f7f"];

function ink(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function axis(label) {
  return { stroke: ink("--quiet"), grid: { stroke: ink("--line"), width: 1 }, ticks: { stroke: ink("--line"), width: 1 }, font: "12px sans-serif", label, labelSize: 18, labelFont: "12px sans-serif" };
}

function shortNumber(value) {
  if (value == null) return "";
  if (value >= 1e6) return `${value / 1e6} M`;
  return value >= 1000 ? `${value / 1000} k` : String(+value.toPrecision(3));
}

function options(place, names, series, scales, axes) {
  return {
    width: Math.max(260, place.clientWidth),
    height: 280,
    scales,
    axes,
    cursor: { drag: { x: true, y: false }, points: { size: 7 } },
    legend: { live: true },
    series: [{ label: series.x, value: (_, value) => (value == null ? "–" : shortNumber(value)) }, ...names.map((name, at) => drawn(line(name), COLOURS[at % COLOURS.length], series.y))],
  };
}

// Points are filled with a transparent tint of their own colour, which is visible on any background.
function drawn(label, stroke, look) {
  return { label, stroke, ...look, points: { ...look.points, fill: `${stroke}40` } };
}

// Puts the points of all targets on one sorted x axis; the others have null at a point of one target.
function joined(groups) {
  const points = groups.flatMap((group, at) => group.map(([x, y]) => [x, at, y])).sort((a, b) => a[0] - b[0]);
  const columns = [points.map(([x]) => x), ...groups.map(() => new Array(points.length).fill(null))];
  points.forEach(([, at, y], place) => (columns[at + 1][place] = y));
  return columns;
}

function byTarget(data, field) {
  const names = data.names.target.filter((name) => data.exchanges.some((one) => one.target === name && one[field] != null));
  return [names, names.map((name) => data.exchanges.filter((one) => one.target === name && one[field] != null))];
}

function latency(place, data, moment) {
  const [names, groups] = byTarget(data, moment);
  const shares = groups.map((group) => {
    const taken = group.map((one) => Math.max(one[moment], 0.01)).sort((a, b) => a - b);
    return taken.map((x, at) => [x, (100 * (at + 1)) / taken.length]);
  });
  return new uPlot(
    options(place, names,
      { x: "ms", y: { width: 2, spanGaps: true, paths: uPlot.paths.stepped({ align: 1 }), points: { show: false }, value: (_, value) => (value == null ? "–" : `${value.toFixed(0)} %`) } },
      { x: { time: false, distr: 3 }, y: { range: [0, 102] } },
      [{ ...axis("milliseconds"), size: 30, values: (_, ticks) => ticks.map(shortNumber) }, { ...axis("% of responses"), size: 46 }]),
    joined(shares), place);
}

function sizes(place, data) {
  const [names, groups] = byTarget(data, "whole");
  const points = groups.map((group) => group.map((one) => [Math.max(one.size, 1), Math.max(one.whole, 0.01)]));
  return new uPlot(
    options(place, names,
      { x: "bytes", y: { paths: () => null, points: { show: true, size: 5, width: 1 }, value: (_, value) => (value == null ? "–" : `${value.toFixed(1)} ms`) } },
      { x: { time: false, distr: 3 }, y: { distr: 3 } },
      [{ ...axis("bytes"), size: 30, values: (_, ticks) => ticks.map(shortNumber) }, { ...axis("milliseconds"), size: 46, values: (_, ticks) => ticks.map(shortNumber) }]),
    joined(points), place);
}

function charts(data) {
  const places = ["latency", "size"].map((id) => document.getElementById(id));
  if (!places[0] || !data.exchanges.length) return () => {};
  document.querySelector(".plots").hidden = false;
  const moment = document.getElementById("moment");
  let plots = [];
  const draw = () => {
    plots.forEach((plot) => plot.destroy());
    plots = [latency(places[0], data, moment.value), sizes(places[1], data)];
  };
  moment.addEventListener("change", draw);
  let width = 0;
  new ResizeObserver(() => {
    if (places[0].clientWidth !== width) {
      width = places[0].clientWidth;
      draw();
    }
  }).observe(places[0]);
  return () => plots.length && draw();
}
