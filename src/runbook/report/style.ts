/** The whole style of the report: nothing is fetched. Print is always light. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--page:#fff;--card:#f6f7f9;--ink:#1b1f24;--soft:#5b6570;--line:#d9dee4;--accent:#2f6fd0;--plan:#2f6fd02e;--band:#1a7f4b22;--over:#c2303012;--good:#1a7f4b;--bad:#c23030;--warn:#a96400}
@media (prefers-color-scheme:dark){:root{--page:#14171b;--card:#1d2127;--ink:#e8ebef;--soft:#a1abb6;--line:#343b44;--accent:#74a8f7;--plan:#74a8f73d;--band:#5cc98a2b;--over:#ff7b7b1f;--good:#5cc98a;--bad:#ff7b7b;--warn:#f0b354}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
main{max-width:960px;margin:0 auto;padding:24px 16px 64px}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 12px}
h2{font-size:1.2rem;margin:40px 0 10px;padding-bottom:4px;border-bottom:1px solid var(--line)}
p{margin:10px 0}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.875em}
pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:10px 12px;white-space:pre-wrap;overflow-wrap:anywhere}
.outcome{border-left:6px solid var(--tone);background:var(--card);border-radius:6px;padding:12px 16px;margin:0 0 16px}
.outcome strong{color:var(--tone);font-size:1.15rem;margin-right:.4em}
.outcome p{margin:4px 0 0}
.good{--tone:var(--good)}.bad{--tone:var(--bad)}.warn{--tone:var(--warn)}.neutral{--tone:var(--accent)}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:10px 20px;margin:0}
dt{color:var(--soft);font-size:.8rem}dd{margin:0}
nav{font-size:.9rem;margin:20px 0 0}nav a{display:inline-block;margin-right:14px}
a{color:var(--accent)}
.scroll{overflow-x:auto;margin:10px 0}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:6px 10px 6px 0;overflow-wrap:break-word;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600}
@media (min-width:941px){dl>div:has(code){grid-column:span 3}}
ul{margin:10px 0;padding-left:1.2em}
ul.ticks{list-style:none;padding:0}
ul.ticks li{padding-left:1.7em;text-indent:-1.7em}
ul.ticks b{display:inline-block;width:1.7em;text-indent:0;color:var(--tone)}
figure{margin:14px 0}figure svg{display:block;width:100%;height:auto}figcaption{color:var(--soft);font-size:.85rem}
.narrow{display:none}
details{margin:10px 0}summary{cursor:pointer;color:var(--accent)}
footer{margin-top:48px;color:var(--soft);font-size:.85rem}
@media (max-width:640px){
.wide{display:none}.narrow{display:block}
table,tbody,tr,td{display:block}thead{position:absolute;left:-9999px}
tr{border-bottom:1px solid var(--line);padding:8px 0}
td{border:0;padding:1px 0;overflow-wrap:anywhere}td:empty,td.none{display:none}
td:first-child{font-weight:600}td:first-child::before{content:none!important}
td[data-head]::before{content:attr(data-head) ": ";color:var(--soft)}
}
@media print{
:root{color-scheme:light;--page:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--accent:#1f55a8;--plan:#1f55a82e;--band:#1a7f4b22;--over:#c2303012;--good:#0c5c33;--bad:#a01c1c;--warn:#7a4800}
td{overflow-wrap:anywhere}nav{display:none}main{max-width:none;padding:0}body{font-size:11pt}
tr,figure,pre,.outcome{break-inside:avoid}h2{break-after:avoid}
}
`.trim()
