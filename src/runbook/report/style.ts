/** The whole style of the report: nothing is fetched. Print is always light. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--page:#fff;--card:#f6f7f9;--alarm:#fdeaea;--ink:#1b1f24;--soft:#56606b;--line:#d9dee4;--accent:#2563b8;--plan:#2563b82e;--band:#1a7f4b22;--over:#c2303012;--good:#166b3f;--bad:#b32424;--warn:#8a5200}
@media (prefers-color-scheme:dark){:root{--page:#14171b;--card:#1d2127;--alarm:#3a1a1c;--ink:#e8ebef;--soft:#a9b3bd;--line:#343b44;--accent:#7fb0ff;--plan:#7fb0ff3d;--band:#5cc98a2b;--over:#ff7b7b1f;--good:#5cc98a;--bad:#ff9090;--warn:#f0b354}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:break-word}
main{max-width:1040px;margin:0 auto;padding:24px 16px 64px}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 12px;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:40px 0 10px;padding-bottom:4px;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:20px 0 6px}
p{margin:10px 0}
p,li,td,dd{white-space:pre-wrap}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.875em}
code,dd{overflow-wrap:anywhere}
pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:10px 12px;white-space:pre-wrap;overflow-wrap:anywhere}
.outcome{border-left:6px solid var(--tone);background:var(--card);border-radius:6px;padding:12px 16px;margin:0 0 16px}
.outcome.bad{background:var(--alarm)}
.outcome p{margin:4px 0 0;overflow-wrap:anywhere}
.outcome .word{color:var(--tone);font-size:1.15rem;font-weight:700;margin:0}
.choices{margin:10px 0 0;padding-left:1.2em}.choices li{margin:6px 0 0;overflow-wrap:anywhere}.choices code{display:block;font-weight:600}
.word-whole{white-space:nowrap}
.good{--tone:var(--good)}.bad{--tone:var(--bad)}.warn{--tone:var(--warn)}.neutral{--tone:var(--accent)}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:10px 20px;margin:0}
dt{color:var(--soft);font-size:.85rem}dd{margin:0}
nav{font-size:.9rem;margin:20px 0 0}nav a{display:inline-block;padding:4px 0;margin-right:16px}
a{color:var(--accent)}
.scroll{overflow-x:auto;margin:10px 0}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:6px 12px 6px 0;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600}
td:has(code){min-width:10.5em}td:first-child:has(code){min-width:16em}td:has(strong){min-width:6em}td:last-child{min-width:9em}
.number{text-align:right}td.number,td.whole{white-space:pre}
@media (min-width:941px){dl>div:has(code){grid-column:span 2}dd code{font-size:.78em}}
ul{margin:10px 0;padding-left:1.2em}
ul.ticks{list-style:none;padding:0}
ul.ticks li{display:grid;grid-template-columns:7.2em minmax(0,1fr);margin:4px 0;overflow-wrap:anywhere}
ul.ticks b{color:var(--tone)}
figure{margin:14px 0}figure svg{display:block;width:100%;height:auto}figcaption{color:var(--soft);font-size:.85rem}
.narrow{display:none}
details{margin:10px 0}summary{cursor:pointer;color:var(--accent);padding:4px 0}
footer{margin-top:48px;color:var(--soft);font-size:.85rem;overflow-wrap:anywhere}
@media screen and (max-width:640px){
.wide{display:none}.narrow{display:block}
dl{grid-template-columns:repeat(auto-fit,minmax(140px,1fr))}dl>div:has(code){grid-column:1/-1}
table,tbody,tr,td{display:block}thead{position:absolute;left:-9999px}
tr{border-bottom:1px solid var(--line);padding:8px 0}
td,td:has(code),td:first-child:has(code),td:has(strong),td:last-child{border:0;padding:1px 0;min-width:0;overflow-wrap:anywhere}td:empty,td.none{display:none}
td.number{text-align:left}td.number,td.whole{white-space:pre-wrap}
td:first-child{font-weight:600}td:first-child::before{content:none!important}
td[data-head]::before{content:attr(data-head) ": ";color:var(--soft)}
}
@media print{
@page{margin:14mm}
:root{color-scheme:light;--page:#fff;--card:#fff;--alarm:#fff;--ink:#000;--soft:#444;--line:#bbb;--accent:#1f55a8;--plan:#1f55a82e;--band:#1a7f4b22;--over:#c2303012;--good:#0c5c33;--bad:#a01c1c;--warn:#7a4800}
nav{display:none}main{max-width:none;padding:0}body{font-size:10pt}table{font-size:8pt}
.outcome{border:1px solid var(--tone);border-left-width:6px}
.scroll{overflow:visible}thead{display:table-header-group}
details::details-content{content-visibility:visible;display:block;block-size:auto}
tr,figure,.outcome{break-inside:avoid}h2,h3{break-after:avoid}
}
`.trim()
