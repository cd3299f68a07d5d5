"use strict";
(() => {
  const { title, runs } = JSON.parse(document.getElementById("data").textContent);
  const page = document.getElementById("page");
  const single = runs.length === 1 ? runs[0] : null;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const COLOURS = ["#3b82f6", "#f97316", "#10b981", "#e11d48", "#8b5cf6", "#ca8a04", "#06b6d4", "#db2777"];
  const charts = [];

  // Text is set as text alone, so nothing that a run says can become markup.
  function add(parent, tag, text, className) {
    const element = document.createElement(tag);
    if (text !== undefined && text !== null) element.textContent = text;
    if (className) element.className = className;
    parent.append(element);
    return element;
  }
  function escaped(text) {
    return String(text).replace(/[&<>"']/g, (c) => "&#" + c.charCodeAt(0) + ";");
  }
  function number(value, digits = 4) {
    if (value === null || value === undefined || !isFinite(value)) return "–";
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-2 || size >= 1e7)) return value.toExponential(2);
    return value.toLocaleString("en", { maximumSignificantDigits: size >= 1000 ? 7 : digits });
  }
  function style(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }
  function axis(name, more) {
    const dim = style("--dim");
    return {
      name, nameTextStyle: { color: dim }, axisLabel: { color: dim, hideOverlap: true },
      axisLine: { lineStyle: { color: style("--line") } },
      splitLine: { lineStyle: { color: style("--line"), opacity: 0.5 } }, ...more,
    };
  }

  // option(): called again when the colours of the page change
  function chart(parent, caption, option, height) {
    const figure = add(parent, "figure");
    add(figure, "figcaption", caption);
    const box = add(figure, "div", null, "chart");
    if (height) box.style.height = height;
    const drawn = echarts.init(box);
    drawn.setOption(option());
    charts.push(() => { drawn.setOption(option(), true); drawn.resize(); });
    new ResizeObserver(() => drawn.resize()).observe(box);
  }

  function lines(parent, caption, unit, series, more) {
    chart(parent, caption, () => ({
      animation: false, color: COLOURS, backgroundColor: "transparent",
      grid: { left: 60, right: 20, top: series.length > 1 || !single ? 58 : 34, bottom: 76 },
      legend: { show: series.length > 1 || !single, type: "scroll", top: 0, textStyle: { color: style("--ink") },
        pageTextStyle: { color: style("--dim") } },
      tooltip: {
        trigger: "axis", confine: true, backgroundColor: style("--panel"), borderColor: style("--line"),
        textStyle: { color: style("--ink") },
        formatter: (points) => "epoch " + number(points[0].value[0]) + points.map((p) =>
          "<br>" + p.marker + escaped(p.seriesName) + ": <b>" + number(p.value[2] ?? p.value[1]) + "</b> " + escaped(unit)).join(""),
      },
      // With Ctrl alone: a wheel or a finger over a chart scrolls the page.
      dataZoom: [{ type: "inside", filterMode: "none", zoomOnMouseWheel: "ctrl", moveOnMouseMove: "ctrl", preventDefaultMouseMove: false },
        { type: "slider", height: 18, bottom: 8, filterMode: "none", labelFormatter: (v) => number(v), textStyle: { color: style("--dim") },
          showDataShadow: false, moveHandleSize: 0, backgroundColor: style("--panel"), borderColor: style("--line"),
          fillerColor: "rgba(59, 130, 246, 0.25)", handleStyle: { color: style("--paper"), borderColor: style("--dim") } }],
      xAxis: axis("epoch", { type: "value", nameLocation: "middle", nameGap: 24, min: 0, max: "dataMax",
        axisLabel: { color: style("--dim"), hideOverlap: true, formatter: (v) => number(v, 6) } }),
      yAxis: axis(unit, { type: "value", scale: true, nameTextStyle: { color: style("--dim"), align: "left", padding: [0, 0, 0, -40] },
        axisLabel: { color: style("--dim"), formatter: (v) => number(v, 6) }, ...(more && more.y) }),
      series: series.map((s) => ({ type: "line", symbol: "circle", symbolSize: 4, showSymbol: s.data.length < 60,
        lineStyle: { width: 1.5 }, ...s })),
    }));
  }

  function points(x, y) {
    return x.map((value, i) => [value, y[i]]).filter((point) => point[1] !== null);
  }
  function colour(run) {
    return COLOURS[runs.indexOf(run) % COLOURS.length];
  }
  // Sums, each drawn over the next: the library would add up the epochs too.
  function stacked(run) {
    const { epoch } = run.curves;
    const sums = epoch.map(() => 0);
    return ["waiting", "computing", "exchanging"].map((part, i) => ({
      name: part, z: 9 - i, areaStyle: { opacity: 1 }, showSymbol: false,
      data: epoch.map((x, at) => [x, sums[at] += run.curves[part][at], run.curves[part][at]]),
    }));
  }
  function overlaid(key) {
    return runs.map((run) => ({ name: run.name, color: colour(run), data: points(run.curves.epoch, run.curves[key]) }))
      .filter((series) => series.data.length > 0);
  }

  function tiles() {
    const box = add(page, "div", null, "tiles");
    const tile = (value, label) => {
      const element = add(box, "div", null, "tile");
      add(element, "b", value);
      add(element, "span", label);
    };
    const last = (list) => list[list.length - 1];
    const curves = single.curves;
    if (curves.rounds > 0) {
      tile(number(last(curves.loss)), "loss, last point");
      tile(number(last(curves.epoch)), "epochs");
      tile(number(curves.images_per_second.reduce((a, b) => a + b, 0) / curves.images_per_second.length), "images/s, mean");
      tile(number(curves.rounds), "rounds of averaging");
    }
    if (single.accuracy.length) {
      const best = single.accuracy.reduce((a, b) => (b.top1 > a.top1 ? b : a));
      tile((100 * last(single.accuracy).top1).toFixed(1) + " %", "top-1, last epoch");
      tile((100 * best.top1).toFixed(1) + " %", "top-1, best: epoch " + best.epoch);
    }
  }

  function curves() {
    if (!runs.some((run) => run.curves.rounds > 0)) return;
    add(page, "h2", "Course");
    for (const run of runs) {
      const mean = run.curves.rounds_per_point;
      if (mean > 1) {
        add(page, "p", (single ? "" : run.name + ": ") + "Each point is the mean of " + mean + " rounds, of "
          + number(run.curves.rounds) + " in all; metrics.jsonl has every one.", "note");
      }
    }
    add(page, "p", "To zoom, move the ends of a chart's slider, or turn the wheel with Ctrl.", "note");
    const box = add(page, "div", null, "charts");
    lines(box, "Loss", "mean over images", overlaid("loss"));
    const accuracy = runs.filter((run) => run.accuracy.length);
    if (accuracy.length) {
      const name = (run, top) => (single ? top : run.name + ", " + top);
      const percent = (run, key) => run.accuracy.map((a) => [a.epoch, 100 * a[key]]);
      lines(box, "Accuracy on the test set", "% of images", accuracy.flatMap((run) => [
        { name: name(run, "top-1"), color: colour(run), data: percent(run, "top1") },
        ...(single ? [{ name: name(run, "top-5"), color: COLOURS[1], data: percent(run, "top5") }] : [])]));
    }
    lines(box, "Learning rate", "last step of a round", overlaid("learning_rate"));
    const norms = overlaid("gradient_norm");
    if (norms.length) lines(box, "Gradient norm", "Euclidean, before clipping", norms);
    lines(box, "Speed", "images/s, all workers", overlaid("images_per_second"), { y: { scale: false, min: 0 } });
    for (const run of runs) {
      lines(box, "Where the seconds went" + (single ? "" : ": " + run.name), "s per round, mean of workers",
        stacked(run), { y: { scale: false, min: 0 } });
    }
  }

  function galleries() {
    for (const gallery of single.galleries) {
      add(page, "h2", gallery.title);
      if (gallery.note) add(page, "p", gallery.note, "note");
      const outer = add(page, "div", null, gallery.strips ? "scroll" : "");
      const box = add(outer, "div", null, gallery.strips ? "strips" : gallery.pictures.length > 1 ? "cards" : "wide");
      for (const picture of gallery.pictures) {
        const figure = add(box, "figure");
        const image = add(figure, "img");
        image.alt = picture.caption;
        image.src = "data:image/png;base64," + picture.png;
        add(figure, "figcaption", picture.caption);
      }
    }
  }

  function confusion() {
    const { classes, cells, left } = single.confusion;
    add(page, "h2", "Confusion");
    add(page, "p", "Share of a class's test images, after the last epoch" + (left > 0
      ? "; the " + classes.length + " classes that were mistaken most often, " + left + " others left out." : "."), "note");
    const sums = classes.map(() => 0);
    for (const [row, , count] of cells) sums[row] += count;
    const short = (name) => (name.length > 14 ? name.slice(0, 13) + "…" : name);
    const few = classes.length <= 20;
    chart(add(page, "div", null, "charts"), "True class (rows) by predicted class (columns)", () => ({
      animation: false, backgroundColor: "transparent",
      grid: { left: 8, right: 12, top: 8, bottom: 48, containLabel: true },
      tooltip: { confine: true, backgroundColor: style("--panel"), borderColor: style("--line"), textStyle: { color: style("--ink") },
        formatter: (p) => "true: <b>" + escaped(classes[classes.length - 1 - p.value[1]]) + "</b><br>predicted: <b>"
          + escaped(classes[p.value[0]]) + "</b><br>" + p.value[3] + " images, " + p.value[2] + " %" },
      xAxis: axis("", { type: "category", data: classes, splitLine: { show: false },
        axisLabel: { color: style("--dim"), rotate: 45, formatter: short, interval: few ? 0 : "auto", fontSize: 11 } }),
      yAxis: axis("", { type: "category", data: [...classes].reverse(), splitLine: { show: false },
        axisLabel: { color: style("--dim"), formatter: short, interval: few ? 0 : "auto", fontSize: 11 } }),
      visualMap: { min: 0, max: 100, orient: "horizontal", left: "center", bottom: 0, itemHeight: 120,
        text: ["100 %", "0 %"], textStyle: { color: style("--dim") },
        inRange: { color: dark.matches ? ["#161b22", "#1f6feb", "#79c0ff"] : ["#f6f8fa", "#54aeff", "#0a3069"] } },
      series: [{ type: "heatmap",
        data: cells.map(([row, column, count]) =>
          [column, classes.length - 1 - row, Math.round((1000 * count) / sums[row]) / 10, count]),
        label: { show: classes.length <= 10 && innerWidth > 600, formatter: (p) => p.value[3] },
        encode: { value: 2 } }],
    }), "min(36rem, 110vw)");
  }

  function table(parent, head, rows, numbers) {
    const element = add(add(parent, "div", null, "scroll"), "table");
    const line = add(element, "tr");
    head.forEach((name, i) => add(line, "th", name, i >= numbers ? "number" : ""));
    for (const row of rows) {
      const cells = add(element, "tr");
      row.forEach((value, i) => add(cells, "td", value, i >= numbers ? "number" : ""));
    }
    return element;
  }

  function workers() {
    if (!single.workers.length) return;
    add(page, "h2", "Balance of the workers");
    add(page, "p", "Repeated work included.", "note");
    const names = single.workers.map((w) => "worker " + w.worker);
    const height = Math.min(60, 9 + 1.6 * names.length) + "rem";
    chart(add(page, "div", null, "charts"), "Seconds by worker", () => ({
      animation: false, color: COLOURS, backgroundColor: "transparent",
      grid: { left: 8, right: 24, top: 34, bottom: 34, containLabel: true },
      legend: { top: 0, textStyle: { color: style("--ink") } },
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, confine: true, backgroundColor: style("--panel"),
        borderColor: style("--line"), textStyle: { color: style("--ink") }, valueFormatter: (v) => number(v) + " s" },
      xAxis: axis("s", { type: "value", nameLocation: "middle", nameGap: 24 }),
      yAxis: axis("", { type: "category", data: names, inverse: true }),
      series: ["waiting", "computing", "exchanging"].map((part) => ({
        name: part, type: "bar", stack: "seconds", barMaxWidth: 18, data: single.workers.map((w) => w["seconds_" + part]) })),
    }), height);
    const details = add(page, "details");
    add(details, "summary", "As a table");
    table(details, ["worker", "executor", "hardware", "images", "waiting, s", "computing, s", "exchanging, s"],
      single.workers.map((w) => [w.worker, w.executor, w.hardware, number(w.images), number(w.seconds_waiting),
        number(w.seconds_computing), number(w.seconds_exchanging)]), 3);
  }

  function facts(run) {
    const element = add(page, "table", null, "facts");
    for (const [name, value] of Object.entries(run.facts)) {
      const line = add(element, "tr");
      add(line, "th", name);
      add(line, "td", value);
    }
  }

  function settings() {
    add(page, "h2", "Settings");
    if (single) {
      const details = add(page, "details");
      add(details, "summary", Object.keys(single.settings).length + " settings");
      table(details, ["setting", "value"], Object.entries(single.settings), 9);
      return;
    }
    const keys = [...new Set(runs.flatMap((run) => Object.keys(run.settings)))].sort();
    const differing = keys.filter((key) => new Set(runs.map((run) => run.settings[key])).size > 1);
    add(page, "p", differing.length ? "Those that differ; " + (keys.length - differing.length) + " are equal."
      : "All " + keys.length + " are equal.", "note");
    if (differing.length) {
      table(page, ["setting", ...runs.map((run) => run.name)],
        differing.map((key) => [key, ...runs.map((run) => run.settings[key] ?? "–")]), 9);
    }
  }

  add(page, "h1", title);
  if (single) {
    tiles();
    curves();
    galleries();
    if (single.confusion) confusion();
    workers();
    add(page, "h2", "Run");
    facts(single);
  } else {
    curves();
    for (const run of runs) {
      add(page, "h2", run.name);
      facts(run);
    }
  }
  settings();
  add(page, "p", "Charts: Apache ECharts " + echarts.version + ", Apache License 2.0.", "note");
  dark.addEventListener("change", () => charts.forEach((draw) => draw()));
  document.documentElement.dataset.drawn = charts.length;
})();
