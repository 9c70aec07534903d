import { REPORT_STYLE } from '../runbook/report/style.js'

/** The report's own style, and what only pages with something to press need. Nothing moves, so nobody needs less of it. */
export const CONSOLE_STYLE = `${REPORT_STYLE}
.skip{position:absolute;left:-9999px}.skip:focus{left:8px;top:8px;background:var(--page);padding:8px}
.bar{display:flex;flex-wrap:wrap;align-items:center;gap:4px 16px;max-width:1040px;margin:0 auto;padding:10px 16px;border-bottom:1px solid var(--line)}
.bar nav{margin:0;display:flex;flex-wrap:wrap}.bar nav a{padding:10px 0}.bar form{margin-left:auto}.bar .who{color:var(--soft);font-size:.9rem}
a[aria-current]{font-weight:700;text-decoration:none;color:var(--ink)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
button,.button{font:inherit;font-weight:600;min-height:44px;padding:8px 18px;border-radius:8px;border:1px solid var(--accent);background:var(--accent);color:var(--page);cursor:pointer}
.button{display:inline-block;text-decoration:none;line-height:26px}
button.quiet{background:transparent;color:var(--accent);min-height:36px;padding:4px 12px;font-weight:400}
button.no{background:transparent;color:var(--bad);border-color:var(--bad)}
button[disabled]{opacity:.55;cursor:default}
label{display:block;margin:12px 0 4px;color:var(--soft);font-size:.9rem}
input[type=text],select{font:inherit;width:100%;max-width:32rem;min-height:44px;padding:8px 10px;border:1px solid var(--soft);border-radius:8px;background:var(--page);color:var(--ink)}
fieldset{border:1px solid var(--line);border-radius:8px;margin:12px 0;padding:8px 14px}fieldset label{display:flex;gap:10px;color:var(--ink);font-size:1rem;min-height:44px;align-items:center;margin:0}
.actions{display:flex;flex-wrap:wrap;gap:12px;margin:18px 0}
.filters{display:flex;flex-wrap:wrap;gap:8px 16px;align-items:end;margin:12px 0}.filters div{flex:1 1 150px}
.cards{list-style:none;padding:0}.cards li{background:var(--card);border-radius:8px;padding:12px 16px;margin:10px 0;white-space:normal}.cards h2{margin:0 0 4px;padding:0;border:0;font-size:1.05rem}.cards p{margin:4px 0}
.problem{border-left:6px solid var(--bad);background:var(--alarm);border-radius:6px;padding:10px 16px}.problem:empty{display:none}
.shows{background:var(--card);border-radius:8px;padding:4px 16px;margin:12px 0}main p,main li,main td,main dd{white-space:normal}
.shows p{margin:8px 0;overflow-wrap:anywhere;white-space:pre-wrap!important}
.added{color:var(--good)}.removed{color:var(--bad)}.error{color:var(--bad)}.warning{color:var(--warn)}
.heard{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
dl.facts{grid-template-columns:1fr;gap:10px}dl.facts>div{grid-column:1/-1!important}dl.facts dd code{font-size:.875em}
ul.under{margin:0 0 6px}.line{overflow-wrap:anywhere}
@media (prefers-reduced-motion:reduce){*{transition:none!important;animation:none!important;scroll-behavior:auto!important}}
@media print{.bar,.actions,form{display:none}}
`
