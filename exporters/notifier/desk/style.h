// Colours and shapes of the desk's pages, on top of kPageStyle. Contrast is 4.5:1 or better in light and in dark.
#pragma once

#include <string_view>

namespace finwatch::notifier {

inline constexpr std::string_view kDeskStyle = R"(
:root{color-scheme:light dark;--line:#d0d7de;--soft:#f6f8fa;--red:#b42318;--amber:#8a4b00;--green:#1a7f37;--blue:#0550ae;--on:#fff;--grey:#57606a}
*{box-sizing:border-box}
body{overflow-wrap:anywhere}
a{color:var(--blue)}
header{border-bottom:1px solid var(--line);margin-bottom:1rem}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem;list-style:none;margin:0;padding:0}
nav a{display:inline-block;padding:.65rem .7rem;text-decoration:none;border-radius:.4rem}
nav a[aria-current]{background:var(--soft);font-weight:bold;color:inherit}
.who{display:flex;flex-wrap:wrap;align-items:center;gap:.2rem .8rem;margin-left:auto}
.who a{padding:.65rem .2rem}
.who form{margin:0}
.banner{background:var(--soft);border-left:.4rem solid var(--amber);padding:.6rem .8rem;margin:0 0 1rem}
.banner.done{border-color:var(--green)}.banner.wrong{border-color:var(--red)}
.card{border:1px solid var(--line);border-left:.45rem solid var(--grey);border-radius:.4rem;padding:.7rem .9rem;margin:0 0 .8rem}
.card.grave{border-left-color:var(--red)}.card.middle{border-left-color:var(--amber)}.card.mild{border-left-color:var(--blue)}
.card h2{font-size:1.1rem;margin:0 0 .35rem}
.card p{margin:.3rem 0}
.badge{display:inline-block;border:1px solid currentColor;border-radius:1rem;padding:0 .6rem;font-size:.85rem;margin:0 .3rem .2rem 0;white-space:nowrap}
.badge.grave,.badge.breached,.badge.failed{background:var(--red);border-color:var(--red);color:var(--on);font-weight:bold}
.badge.middle,.badge.late{color:var(--amber);font-weight:bold}
.badge.mild{color:var(--blue)}.badge.fine,.badge.delivered{color:var(--green)}
.clocks{display:grid;grid-template-columns:repeat(auto-fit,minmax(14rem,1fr));gap:.5rem 1.2rem;margin:.5rem 0 0;padding:0;list-style:none}
.clocks p{display:flex;justify-content:space-between;gap:.6rem;margin:0}
.clocks small{color:var(--grey)}
progress{appearance:none;-webkit-appearance:none;display:block;width:100%;height:.7rem;border:0;border-radius:.35rem;background:var(--line);color:var(--green);overflow:hidden}
progress::-webkit-progress-bar{background:var(--line)}
progress::-webkit-progress-value{background:currentColor}
progress::-moz-progress-bar{background:currentColor}
.half progress,.late progress{color:var(--amber)}.breached progress{color:var(--red)}.stopped progress{color:var(--grey)}
.clocks b{font-variant-numeric:tabular-nums}.late:not(.stopped) b{color:var(--amber)}.breached b,.gap,.bad{color:var(--red);font-weight:bold}.well{color:var(--green)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:.6rem 0}
dt{color:var(--grey)}dd{margin:0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:.4rem 0}
time{white-space:nowrap}
th,td{text-align:left;overflow-wrap:normal;vertical-align:top;padding:.4rem .6rem .4rem 0;border-bottom:1px solid var(--line)}
td.number,th.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.stack th,.stack td:not(:last-child){word-break:keep-all}.stack a{white-space:nowrap}
caption{text-align:left;color:var(--grey)}
label{display:block;font-weight:600;margin:.5rem 0 .2rem}
input,select,textarea,button{font:inherit;color:inherit;max-width:100%}
input,select,textarea{display:block;width:100%;min-height:2.8rem;padding:.45rem .6rem;border:1px solid #8c959f;border-radius:.4rem;background:transparent}
select option{color:#1b1f24;background:#fff}
::placeholder{color:var(--grey);opacity:1}
textarea{min-height:5.2rem}input[type=month]{padding:.45rem .3rem}
button,.button{display:inline-block;min-height:2.9rem;padding:.5rem 1.2rem;margin:.5rem 0 0;border:1px solid #8c959f;border-radius:.4rem;background:var(--soft);font-weight:600;cursor:pointer}
a.button{text-decoration:none;color:inherit}
button.first{background:#0550ae;border-color:#0550ae;color:#fff}
button.grim{border-color:var(--red);color:var(--red)}
button.big{display:block;width:100%;min-height:4rem;font-size:1.35rem}
.plain button{margin:0;padding:.3rem .6rem;border:0;background:none;color:var(--blue);font-weight:normal;text-decoration:underline}
:focus-visible{outline:3px solid #d29922;outline-offset:2px}
.filter{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:0 .8rem;align-items:end;margin:0 0 1rem}
.acts{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:.8rem 1.4rem}
.acts form,.acts details{margin:0}
.acts details{border:1px solid var(--line);border-radius:.4rem;padding:0 .9rem}.acts details[open]{padding-bottom:.9rem}
.acts .next{grid-column:1/-1;max-width:40rem}
details summary{cursor:pointer;padding:.75rem 0;font-weight:600}
details form+form{border-top:1px solid var(--line);margin-top:.9rem;padding-top:.5rem}
.timeline{list-style:none;padding:0;margin:.4rem 0;border-left:3px solid var(--line)}
.timeline li{padding:.2rem 0 .5rem .9rem}
.timeline time{color:var(--grey)}
.labels{display:flex;flex-wrap:wrap;gap:.25rem;margin:.3rem 0}
code{font:.85em ui-monospace,monospace;background:var(--soft);padding:.1rem .35rem;border-radius:.25rem}
.narrow,main:has(>.narrow)>h1{max-width:30rem;margin-left:auto;margin-right:auto}
.code{font:1.8rem ui-monospace,monospace;letter-spacing:.4em;text-align:center}
.now{display:grid;grid-template-columns:repeat(auto-fit,minmax(14rem,1fr));gap:.8rem}
.big-name{font-size:1.3rem;font-weight:bold}
.rota td{width:14.28%;min-width:4.4rem;font-size:.92rem}.rota td .day{display:block;color:var(--grey);font-size:.82rem}
.rota td{padding-left:.4rem}.rota th{padding-left:.4rem}.rota td.today{background:var(--soft);box-shadow:inset 0 3px 0 var(--blue)}.rota td.gap-day{box-shadow:inset 0 3px 0 var(--red)}
.rota td.past{color:var(--grey)}
.quiet{color:var(--grey)}
.sum{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.8rem;margin:.6rem 0}
.sum div{border:1px solid var(--line);border-radius:.4rem;padding:.5rem .8rem}.sum b{display:block;font-size:1.5rem}
@media(max-width:40rem){body{margin:.3rem auto;padding:0 .7rem}nav a{padding:.65rem .45rem}dl{grid-template-columns:1fr;gap:0}dd{margin:0 0 .4rem}
.stack thead{position:absolute;left:-200rem}.stack tr{display:block;border-bottom:1px solid var(--line);padding:.5rem 0}
.stack td,.stack th[scope=row]{display:flex;gap:.8rem;justify-content:space-between;border:0;padding:.1rem 0;text-align:right;width:auto;white-space:normal}
.stack td[data-name]::before,.stack th[data-name]::before{content:attr(data-name);color:var(--grey);font-weight:normal;text-align:left;white-space:nowrap}
.stack td.empty{display:none}.rota thead{display:none}.rota tr{display:block}.rota td{display:flex;gap:.8rem;width:auto;padding:.3rem .4rem}.rota td .day{flex:0 0 7.5rem}}
@media(prefers-color-scheme:dark){:root{--line:#3d444d;--soft:#1c2129;--red:#ff8a80;--amber:#e3b341;--green:#56d364;--blue:#79b8ff;--on:#0d1117;--grey:#9da7b3}
input,select,textarea,button{border-color:#6e7681}}
)";

}  // namespace finwatch::notifier
