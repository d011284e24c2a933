// How a report looks: on a screen in light and dark, and on A4. Chinese by the fonts that each system has.
#pragma once

#include <string_view>

namespace finwatch::rules {

inline constexpr std::string_view kHtmlStyle = R"(:root{color-scheme:light dark;
--paper:#fff;--ink:#1d2430;--soft:#5b6675;--line:#d9dee5;--panel:#f5f7fa;
--good:#2b8a5a;--bad:#c43d3d;--void:#b9c1cc;--over:rgba(196,61,61,.09);--blue:#2f6db5;
--c0:#2f6db5;--c1:#c26a00;--c2:#1f8f82;--c3:#9b4fb0;--c4:#8a7a12;--c5:#b0487e}
@media (prefers-color-scheme:dark){:root{--paper:#14181f;--ink:#e4e8ee;--soft:#9aa5b4;--line:#323a46;--panel:#1c222b;
--good:#54b98a;--bad:#ef7d78;--void:#4a5462;--over:rgba(239,125,120,.13);--blue:#7fb2ee;
--c0:#7fb2ee;--c1:#f0a95a;--c2:#5cc9bb;--c3:#cf97df;--c4:#d3c25a;--c5:#e58fba}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);line-height:1.55;
font:15px/1.55 "Segoe UI",Helvetica,Arial,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC","Source Han Sans SC","WenQuanYi Micro Hei",sans-serif}
main{max-width:62rem;margin:0 auto;padding:2rem 1.25rem 3rem}
header{border-bottom:3px solid var(--blue);padding-bottom:.9rem;margin-bottom:1.4rem}
header p{margin:0;color:var(--soft)}
h1{font-size:1.75rem;line-height:1.25;margin:.1rem 0 .3rem;font-weight:650}
h2{font-size:1.2rem;margin:2.2rem 0 .7rem;font-weight:650}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:.7rem;margin:0}
.fact{background:var(--panel);border-left:4px solid var(--void);border-radius:3px;padding:.6rem .8rem}
.fact.good{border-color:var(--good)}.fact.bad{border-color:var(--bad)}
.fact dt{color:var(--soft);font-size:.85rem}
.fact dd{margin:0}.fact .value{font-size:1.4rem;font-weight:650;font-variant-numeric:tabular-nums;line-height:1.35}
.fact .note{color:var(--soft);font-size:.85rem;min-height:1.3em}
.wide{overflow-x:auto;margin:.6rem 0 1rem}
table{border-collapse:collapse;width:100%;font-size:.92rem}
caption{text-align:left;color:var(--soft);padding:0 0 .35rem;font-size:.9rem}
th,td{padding:.38rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
thead th{color:var(--soft);font-weight:600;border-bottom:2px solid var(--line);vertical-align:bottom}
th,td{word-break:keep-all;overflow-wrap:break-word}
th.number,td.number{text-align:right;font-variant-numeric:tabular-nums}
td.number{white-space:nowrap}
tbody th{font-weight:600}
td.good{color:var(--good);font-weight:600}td.bad{color:var(--bad);font-weight:600}td.faint{color:var(--soft)}
details{margin:.4rem 0 1rem}summary{cursor:pointer;color:var(--blue);font-size:.92rem}
figure{margin:.9rem 0 1.1rem}figcaption{font-size:.92rem;font-weight:600;margin-bottom:.15rem}
.plot{display:block;width:100%;height:auto;font-size:11px;font-variant-numeric:tabular-nums}
.plot text{fill:var(--soft);paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}.plot .y{text-anchor:end}.plot .x{text-anchor:middle}.plot .promise{text-anchor:end}
.plot .grid{stroke:var(--line)}.plot .zero{stroke:var(--soft)}
.plot line.promise{stroke:var(--ink);stroke-dasharray:5 4}.plot line.even{stroke:var(--void);stroke-dasharray:3 4}
.plot .good{fill:var(--good)}.plot .bad{fill:var(--bad)}.plot .unmeasured{fill:var(--void);opacity:.35}.plot .overdrawn{fill:var(--over)}
.plot .curve{fill:none;stroke-width:2.2;stroke-linejoin:round}.plot text.name{font-weight:600}
.curve.c0{stroke:var(--c0)}.curve.c1{stroke:var(--c1);stroke-dasharray:9 3}.curve.c2{stroke:var(--c2);stroke-dasharray:3 3}
.curve.c3{stroke:var(--c3);stroke-dasharray:10 3 2 3}.curve.c4{stroke:var(--c4);stroke-dasharray:6 2}.curve.c5{stroke:var(--c5);stroke-dasharray:2 2}
.plot text.t0{fill:var(--c0)}.plot text.t1{fill:var(--c1)}.plot text.t2{fill:var(--c2)}
.plot text.t3{fill:var(--c3)}.plot text.t4{fill:var(--c4)}.plot text.t5{fill:var(--c5)}
@media print{@page{size:A4;margin:14mm}
:root{color-scheme:light;--paper:#fff;--ink:#111;--soft:#444;--line:#bbb;--panel:#f5f7fa;--good:#1f7a4c;--bad:#b02a2a;--void:#999;
--over:rgba(196,61,61,.09);--blue:#1f5aa0;--c0:#1f5aa0;--c1:#a85a00;--c2:#14776c;--c3:#84399a;--c4:#6f620c;--c5:#983368}
body{font-size:10pt}main{max-width:none;padding:0}h2{break-after:avoid}
.facts{grid-template-columns:repeat(5,1fr);gap:.4rem}.fact{padding:.4rem .5rem}.fact .value{font-size:1.15rem}
figure,tr,.fact,.wide{break-inside:avoid}.wide{overflow:visible}thead{display:table-header-group}details{display:none}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)";

}  // namespace finwatch::rules
