#include <string>

#include "absl/strings/str_cat.h"
#include "tests/load/report/html_page.h"

namespace baton {
namespace {

// Colours that people with any kind of colour vision tell apart (after Okabe and Ito), made darker
// or lighter until each has a contrast of at least 3 to 1 with the card it is on.
constexpr char kLight[] = R"(
color-scheme:light;--page:#f3f4f6;--card:#ffffff;--text:#1b1f24;--soft:#57606a;--rule:#d9dde2;
--warn:#fff1e5;--warn-rule:#bc4c00;--best:#e3f4ec;
--c0:#0072b2;--c1:#d55e00;--c2:#00875f;--c3:#a9468a;--c4:#a87400;--c5:#2b8cc9;--c6:#6a6f76;
)";
constexpr char kDark[] = R"(
color-scheme:dark;--page:#14171b;--card:#1d2126;--text:#e7eaee;--soft:#a4adb7;--rule:#363c44;
--warn:#3a2613;--warn-rule:#f0883e;--best:#17382b;
--c0:#4aa8e6;--c1:#f28a3f;--c2:#2fc796;--c3:#e69bc9;--c4:#f0c04a;--c5:#9bd7ff;--c6:#b3b9c1;
)";

constexpr char kRules[] = R"(
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);
font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
header,main{max-width:1400px;margin:0 auto;padding:16px 20px}
header{display:flex;justify-content:space-between;align-items:center;gap:16px;padding-bottom:0}
h1{font-size:24px;margin:0}
h2{font-size:18px;margin:28px 0 10px}
h2 small{font-weight:normal;color:var(--soft);font-size:14px}
button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--rule);
border-radius:6px;padding:4px 10px;cursor:pointer;text-align:left}
#theme{white-space:nowrap}
:focus-visible{outline:2px solid var(--c0);outline-offset:2px}
.banner{background:var(--warn);border-left:5px solid var(--warn-rule);padding:10px 14px;margin:10px 0;
border-radius:4px;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:3px 16px;margin:8px 0}
dt{color:var(--soft)}
dd{margin:0;min-width:0;overflow-wrap:anywhere}
code{font:13px/1.4 ui-monospace,"DejaVu Sans Mono",monospace;white-space:pre-wrap}
details{border:1px solid var(--rule);background:var(--card);border-radius:6px;padding:5px 12px}
.folds{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:8px;
align-items:start;margin-top:10px}
summary{cursor:pointer;font-weight:600;overflow-wrap:anywhere}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--rule);border-radius:8px}
.card+.scroll{margin-top:14px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:8px 12px 0;color:var(--soft)}
caption:empty{display:none}
th,td{padding:4px 12px;text-align:right;border-bottom:1px solid var(--rule)}
thead th{vertical-align:bottom;overflow-wrap:anywhere;min-width:92px;max-width:220px}
tbody th,thead th:first-child{text-align:left;font-weight:normal;position:sticky;left:0;
background:var(--card);min-width:150px}
tbody th.group{font-weight:600;padding-top:12px;position:static}
.group span{position:sticky;left:12px}
td{white-space:nowrap}
td.best{background:var(--best);font-weight:700}
td.best span{margin-right:5px}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,480px),1fr));gap:14px}
.card{margin:0;background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:10px 12px;
min-width:0}
figcaption{font-weight:600;margin-bottom:4px;overflow-wrap:anywhere}
svg.chart{display:block;width:100%;height:auto;overflow:visible}
.legend{display:flex;flex-wrap:wrap;gap:6px;margin:0 0 10px}
.legend button{display:flex;align-items:center;gap:8px;font-size:13px;overflow-wrap:anywhere}
.legend button[aria-pressed=false]{opacity:.45;text-decoration:line-through}
.legend svg{width:34px;height:12px;flex:none}
svg text{font-size:12px;fill:var(--soft)}
svg text.axis{fill:var(--text)}
svg text.label{fill:var(--text);paint-order:stroke;stroke:var(--card);stroke-width:3px}
svg .end{text-anchor:end}
svg .mid{text-anchor:middle}
.grid line,line.grid{stroke:var(--rule);stroke-width:1}
.line{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round}
.marks{fill:var(--c);stroke:var(--c);stroke-width:1.2;fill-opacity:.55}
.ring{fill:none;stroke:var(--text);stroke-width:2;pointer-events:none}
.off{display:none}
svg.defs{position:absolute;width:0;height:0}
svg.bar{display:block;width:100%;height:18px}
.tile{fill:var(--c)}
.hatch{stroke:var(--card);stroke-width:1.3;fill:none}
.run{margin:10px 0 3px;overflow-wrap:anywhere}
.words{margin:3px 0 0;color:var(--soft);font-size:13px;display:flex;flex-wrap:wrap;gap:2px 14px}
.swatch{width:12px;height:12px;margin-right:5px;vertical-align:-1px}
#tip{position:absolute;z-index:2;pointer-events:none;background:var(--text);color:var(--card);
padding:5px 9px;border-radius:5px;font-size:13px;max-width:300px;white-space:pre-line;
overflow-wrap:anywhere}
#tip[hidden]{display:none}
@media (max-width:600px){
body{font-size:14px}
header,main{padding-left:12px;padding-right:12px}
dl{grid-template-columns:1fr;gap:0}
dd{margin-bottom:6px}
th,td{padding:4px 8px}
tbody th,thead th:first-child{min-width:120px;max-width:150px}
svg text{font-size:17px}
svg text.label{font-size:14px}
h1{font-size:20px}
}
@media print{
body{background:none}
#theme,#tip{display:none}
.scroll{overflow:visible}
.card,tr{break-inside:avoid}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
)";

std::string ColourClasses() {
  std::string classes;
  for (int i = 0; i < 7; ++i) absl::StrAppend(&classes, ".s", i, "{--c:var(--c", i, ")}");
  return classes;
}

}  // namespace

absl::string_view PageCss() {
  static const std::string& css = *new std::string(absl::StrCat(
      ":root{", kLight, "}\n@media screen and (prefers-color-scheme:dark){:root{", kDark,
      "}}\n:root[data-theme=light]{", kLight, "}\n@media screen{:root[data-theme=dark]{", kDark,
      "}}\n", ColourClasses(), kRules));
  return css;
}

}  // namespace baton
