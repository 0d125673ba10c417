#include <string>

#include "absl/strings/str_cat.h"
#include "tests/load/report/html_page.h"

namespace baton {
namespace {

// All that the page does without it stays: the tooltips are then the browser's own, of <title>.
constexpr char kTheme[] = R"(
'use strict';
const root = document.documentElement, button = document.getElementById('theme');
const prefersDark = matchMedia('(prefers-color-scheme: dark)');
const isDark = () => (root.dataset.theme || (prefersDark.matches ? 'dark' : 'light')) === 'dark';
const nameTheme = () => { button.textContent = isDark() ? 'Light theme' : 'Dark theme'; };
function readAddress() {
  const theme = location.hash.slice(1);
  if (theme === 'dark' || theme === 'light') root.dataset.theme = theme;
  nameTheme();
}
button.hidden = false;
button.onclick = () => {
  root.dataset.theme = isDark() ? 'light' : 'dark';
  try { history.replaceState(null, '', '#' + root.dataset.theme); } catch (e) {}
  nameTheme();
};
addEventListener('hashchange', readAddress);
prefersDark.onchange = nameTheme;
readAddress();
addEventListener('beforeprint', () => {
  for (const d of document.querySelectorAll('details')) d.open = true;
});
for (const b of document.querySelectorAll('.legend button')) {
  b.onclick = () => {
    const show = b.getAttribute('aria-pressed') === 'false';
    b.setAttribute('aria-pressed', show);
    for (const e of b.closest('section').querySelectorAll('svg.chart .' + b.dataset.t)) {
      e.classList.toggle('off', !show);
    }
  };
}
)";

constexpr char kTooltips[] = R"(
const tip = document.getElementById('tip'), near = 30;
const svgNs = 'http://www.w3.org/2000/svg';
function pointsOf(series) {
  const paths = series.querySelectorAll('.marks').length ? '.marks' : '.line';
  const d = [...series.querySelectorAll(paths)].map(p => p.getAttribute('d')).join('');
  const values = (series.dataset.v || '').split(' '), labels = (series.dataset.l || '').split(';');
  return [...d.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)].map((m, i) => {
    const [x, y] = (values[i] || ',').split(',');
    return {px: +m[1], py: +m[2], x, y, series, label: labels[i] || ''};
  });
}
function setUp(svg) {
  const all = [...svg.querySelectorAll('.series')].map(pointsOf).filter(p => p.length);
  for (const title of svg.querySelectorAll('title')) title.remove();
  const ring = document.createElementNS(svgNs, 'circle');
  let at = null;
  const visible = () => all.filter(points => !points[0].series.classList.contains('off'));
  function hide() { at = null; ring.remove(); tip.hidden = true; }
  function show(point) {
    at = point;
    ring.setAttribute('class', 'ring');
    ring.setAttribute('cx', point.px); ring.setAttribute('cy', point.py); ring.setAttribute('r', 6);
    svg.append(ring);
    tip.textContent = point.series.dataset.n + (point.label && ', ' + point.label) + '\n' + svg.dataset.x + ': ' + point.x + '\n' +
        svg.dataset.y + ': ' + point.y;
    tip.hidden = false;
    const box = ring.getBoundingClientRect(), wide = document.documentElement.clientWidth;
    tip.style.left = '0'; tip.style.top = '0';
    tip.style.left = Math.max(4, Math.min(box.right + 6, wide - tip.offsetWidth - 6)) + scrollX + 'px';
    const above = box.top - tip.offsetHeight - 6;
    tip.style.top = (above > 0 ? above : box.bottom + 6) + scrollY + 'px';
  }
  function nearest(x, y) {
    let best = null, least = near * near;
    for (const points of visible()) for (const p of points) {
      const d = (p.px - x) ** 2 + (p.py - y) ** 2;
      if (d < least) { least = d; best = p; }
    }
    return best;
  }
  svg.addEventListener('pointermove', e => {
    const box = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / box.width;
    const point = nearest((e.clientX - box.left) * scale, (e.clientY - box.top) * scale);
    if (point) show(point); else hide();
  });
  svg.addEventListener('pointerleave', hide);
  svg.addEventListener('blur', hide);
  svg.addEventListener('keydown', e => {
    const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1}[e.key];
    const shown = visible();
    if (e.key === 'Escape') hide();
    if (!step || !shown.length) return;
    e.preventDefault();
    let s = at ? shown.findIndex(points => points.includes(at)) : -1;
    let i = s < 0 ? -1 : shown[s].indexOf(at);
    if (s < 0) { s = 0; i = step > 0 ? 0 : shown[0].length - 1; }
    else if (e.key === 'ArrowLeft' || e.key === 'ArrowRight') i += step;
    else s = (s + step + shown.length) % shown.length;
    show(shown[s][Math.max(0, Math.min(i, shown[s].length - 1))]);
  });
}
for (const svg of document.querySelectorAll('svg.chart')) setUp(svg);
)";

}  // namespace

absl::string_view PageScript() {
  static const std::string& script = *new std::string(absl::StrCat(kTheme, kTooltips));
  return script;
}

}  // namespace baton
