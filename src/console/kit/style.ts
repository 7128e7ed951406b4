/*
 * One style sheet for all pages, without a build step. Two greys, one ink blue, and colour only where it means
 * something. Sizes are in rem, so that a reader's own letter size holds. Charts are drawn with classes and
 * attributes: the content security policy allows no inline styles.
 */
export const style = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#faf9f6, #131316);
  --surface: light-dark(#ffffff, #1a1a1e);
  --sunken: light-dark(#f2f0eb, #232328);
  --ink: light-dark(#1e1d1b, #ecebe7);
  --soft: light-dark(#625f59, #a5a29b);
  --line: light-dark(#e4e1da, #2e2e34);
  --edge: light-dark(#8d8982, #75737a);
  --accent: light-dark(#27468c, #a8bcf6);
  --on-accent: light-dark(#ffffff, #14182a);
  --tint: light-dark(#e9edf7, #232a40);
  --good: light-dark(#1c6b49, #74cfa2);
  --warn: light-dark(#875300, #e3b35c);
  --bad: light-dark(#ae2419, #ff9288);
  --bad-tint: light-dark(#fbecea, #3a2120);
  --c0: light-dark(#2f5099, #8ea7ee); --c1: light-dark(#3d8c80, #67bfb0); --c2: light-dark(#c2872a, #dfae62);
  --c3: light-dark(#8b5a9f, #bf95d3); --c4: light-dark(#b0564c, #df8e84); --c5: light-dark(#a7a299, #6d6a66);
  --sans: system-ui, -apple-system, "Segoe UI", Inter, Roboto, "Helvetica Neue", "PingFang SC", "Hiragino Sans GB",
    "Microsoft YaHei UI", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace;
}
[data-theme=light] { color-scheme: light }
[data-theme=dark] { color-scheme: dark }
*, ::before, ::after { box-sizing: border-box }
html { font: 100%/1.55 var(--sans); -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-padding: 1rem }
html:lang(zh) { line-height: 1.7 }
body { margin: 0; background: var(--paper); color: var(--ink); font-size: .9375rem;
  font-variant-numeric: lining-nums tabular-nums; overflow-wrap: break-word }
h1, h2, h3, p, dl, dd, ul, figure, pre, table, fieldset { margin: 0; padding: 0 }
h1 { font-size: 1.75rem; line-height: 1.2; font-weight: 600; letter-spacing: -.02em; text-wrap: balance }
h2 { font-size: 1.0625rem; line-height: 1.35; font-weight: 600; letter-spacing: -.005em }
h2 small { font-weight: 400 } h3 { font-size: .9375rem; font-weight: 550 }
:lang(zh) :is(h1, h2) { letter-spacing: 0 } :lang(zh) .figures small { word-break: keep-all; overflow-wrap: anywhere }
p { max-width: 68ch; text-wrap: pretty }
ul { list-style: none }
a { color: var(--accent); text-decoration-color: color-mix(in srgb, currentColor 35%, transparent);
  text-decoration-thickness: 1px; text-underline-offset: .2em }
a:hover { text-decoration-color: currentColor }
code, pre, .mono { font-family: var(--mono); font-size: .9em }
pre { white-space: pre-wrap; overflow-wrap: anywhere }
time[tabindex] { cursor: help }
#own-time { position: fixed; z-index: 4; padding: .25rem .6rem; background: var(--ink); color: var(--paper); border-radius: 5px; font-size: .8125rem; white-space: nowrap }
small, .soft { color: var(--soft) }
small, .small { font-size: .8125rem }
.good { color: var(--good) } .warn { color: var(--warn) } .bad { color: var(--bad) }
.hidden, [hidden] { display: none !important }
.quiet { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.skip { position: absolute; left: .5rem; top: -4rem; z-index: 2; padding: .5rem 1rem; background: var(--accent); color: var(--on-accent) }
.skip:focus { top: .5rem }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px }

.frame { display: grid; grid-template: "side main" 1fr / 13.5rem minmax(0, 1fr); min-height: 100vh }
.side { grid-area: side; display: flex; flex-direction: column; gap: 1.75rem; padding: 2rem 1.25rem;
  border-right: 1px solid var(--line); position: sticky; top: 0; height: 100vh; overflow-y: auto }
/* Where there is room the menu stands open: only a phone folds it. */
.menu { display: flex; flex: 1; flex-direction: column; gap: 1.75rem; position: static; width: auto; height: auto; margin: 0; padding: 0; border: 0; background: none; color: inherit; overflow: visible }
.menu-button { display: none }
.brand { font-weight: 650; letter-spacing: -.01em; color: var(--ink); text-decoration: none; padding: 0 .75rem;
  display: flex; gap: .6rem; align-items: center }
.brand svg { width: 1.125rem; height: 1.125rem; flex: none; fill: none; stroke: var(--accent); stroke-width: 2; stroke-linecap: round }
.nav a { display: block; padding: .34rem .75rem; border-radius: 6px; color: var(--soft); text-decoration: none }
.nav a:hover { color: var(--ink); background: var(--sunken) }
.nav a[aria-current] { color: var(--accent); background: var(--tint); font-weight: 550 }
.prefs-and-out { margin-top: auto; display: grid; gap: .5rem }
.prefs { display: grid; gap: .5rem; padding: 0 .75rem; font-size: .8125rem }
.prefs form { display: flex; flex-wrap: wrap; gap: .125rem .75rem }
.prefs button { all: unset; cursor: pointer; color: var(--soft); padding: .15rem 0; min-height: 1.5rem }
.prefs a { color: var(--soft) } .prefs :is(button, a):hover { color: var(--ink) }
form.prefs { display: flex; flex-wrap: wrap; align-items: baseline; gap: .125rem .75rem; overflow-wrap: anywhere }
.prefs button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
.prefs button[aria-pressed=true] { color: var(--ink); font-weight: 550 }
.frame > main { grid-area: main; grid-template-columns: minmax(0, 1fr); width: 100%; max-width: 74rem; padding: 2.5rem 3rem 5rem; display: grid; gap: 2.5rem; align-content: start }
.lone { max-width: 44rem; margin: 0 auto; min-height: 100vh; padding: 4rem 1.5rem 3rem; display: grid; gap: 2.25rem; align-content: start }
.lone .brand, .lone .prefs { padding: 0 }
.lone .prefs { border-top: 1px solid var(--line); padding-top: 1.25rem; display: flex; flex-wrap: wrap; justify-content: space-between; gap: .5rem 2rem }
.lone > main { gap: 1.5rem; margin-bottom: 1.5rem }
.lone > header { display: grid; gap: 1.25rem }
.lone .nav ul { display: flex; flex-wrap: wrap; gap: 0 .25rem; margin: 0 -.75rem }
search .row > .field:not(.grow) { flex-basis: 8rem } .lone.wide .figures.large dd { font-size: 2rem }
nav.row a[aria-current] { color: var(--ink); font-weight: 550; text-decoration: none }
.reason { max-width: 22rem }
.lone.wide { max-width: 58rem } .lone.wide > main { gap: 2.25rem }
.narrow { max-width: 27rem } .lone:has(table) { max-width: 58rem }
.head { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: .75rem 1.5rem }
.head .soft { margin-top: .35rem }
.title { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline }
section { display: grid; gap: 1rem; min-width: 0 }
section > .head { gap: .125rem 1rem }
.two { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 2.5rem 3rem; align-items: start }
.panel { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 1.25rem 1.5rem }
.stack, .column { display: grid; gap: 1rem; align-content: start; min-width: 0 } .column { gap: 2.5rem }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1.5rem 2rem }
.figures dt { color: var(--soft); font-size: .8125rem }
.figures dd { font-size: 1.375rem; line-height: 1.3; letter-spacing: -.015em; font-weight: 500; white-space: nowrap }
.figures dd small { display: block; letter-spacing: 0; font-weight: 400; white-space: normal }
.figures.large { grid-template-columns: repeat(3, minmax(0, 1fr)) }
.figures.large dd { font-size: 2.5rem; line-height: 1.15; letter-spacing: -.035em; font-weight: 550 }
.facts { display: grid; grid-template-columns: minmax(10.5rem, max-content) minmax(0, 1fr); gap: .45rem 1.75rem }
.facts dt { color: var(--soft) }

.chart svg { display: block; width: 100%; overflow: visible }
.chart .plot { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .75rem }
.chart .scale { display: flex; flex-direction: column; justify-content: space-between; height: 10rem; margin: -.6em 0; height: calc(10rem + 1.2em);
  text-align: right; font-size: .75rem; line-height: 1.2; color: var(--soft) }
.chart text { font-size: .75rem; fill: var(--soft) }
.grid { stroke: var(--line); stroke-width: 1 }
.c0 { fill: var(--c0) } .c1 { fill: var(--c1) } .c2 { fill: var(--c2) } .c3 { fill: var(--c3) } .c4 { fill: var(--c4) } .c5 { fill: var(--c5) }
.fail { fill: var(--bad) }
.chart .canvas { position: relative; min-width: 0 }
.tips { position: absolute; inset: 0 0 24px; display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr) }
.tips > div { position: relative } .tips > div:is(:hover, :focus) { background: color-mix(in srgb, var(--ink) 8%, transparent); outline-offset: 0 }
.tip { display: none; position: absolute; z-index: 3; top: .25rem; padding: .5rem .75rem; gap: .15rem; width: max-content; max-width: min(18rem, 60vw); pointer-events: none;
  background: var(--surface); color: var(--ink); border: 1px solid var(--line); border-radius: 6px; font-size: .8125rem; box-shadow: 0 2px 10px rgb(0 0 0 / .12) }
.tip.left { left: calc(100% + .25rem) } .tip.right { right: calc(100% + .25rem) }
.tips > div:hover > .tip { display: grid } .tips:not(:hover) > div:focus > .tip { display: grid }
.tip > * { display: flex; gap: .45rem; align-items: baseline; overflow-wrap: anywhere } .tip b { font-weight: 550 }
.tip svg { width: .625rem; height: .625rem; flex: none } .tip > * > span { margin-left: auto; padding-left: .75rem; white-space: nowrap }
.choices { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .5rem 2rem } .choices nav { gap: .25rem 1rem; font-size: .875rem }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; font-size: .8125rem; color: var(--soft) }
.legend li { display: flex; align-items: baseline; gap: .45rem }
.legend svg { width: .625rem; height: .625rem; flex: none }
.legend b { font-weight: 500; color: var(--ink) }
.bar { display: block; width: 100%; height: .375rem; border-radius: 3px; overflow: hidden; background: var(--sunken) }
.bar rect { fill: var(--accent) } .bar.warn rect { fill: var(--warn) } .bar.bad rect { fill: var(--bad) }
.meter { display: grid; gap: .4rem; min-width: 9rem }
.meter small { display: inline }
td .meter { min-width: 14rem; max-width: 18rem } .meter small { white-space: nowrap } .meter > small { white-space: normal }
.meters { display: grid; gap: 1.1rem }
.meters .head { gap: 0 1rem } .meters .head > .soft { margin: 0 } .meters .head > .soft::first-letter { text-transform: uppercase }
.light { display: inline-block; width: .625rem; height: .625rem; border-radius: 50%; background: currentColor; flex: none; margin-right: .55rem }
.lines > li { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .125rem 1rem; padding: .6rem 0; border-top: 1px solid var(--line) }
.lines .wide { flex-basis: 100% }
.lines > li:first-child { border-top: 0; padding-top: 0 }

/* A shade at the side where more of a table is; the paper that covers it moves with the table. */
.scroll { display: block; position: relative; overflow-x: auto; margin: 0 -.5rem; padding: 0 .5rem; --shade: color-mix(in srgb, var(--ink) 16%, transparent);
  background: linear-gradient(to right, var(--paper) .75rem, transparent) left / 2.5rem 100% no-repeat local,
    linear-gradient(to left, var(--paper) .75rem, transparent) right / 2.5rem 100% no-repeat local,
    linear-gradient(to right, var(--shade), transparent) left / .75rem 100% no-repeat,
    linear-gradient(to left, var(--shade), transparent) right / .75rem 100% no-repeat }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: baseline; padding: .6rem 1.25rem .6rem 0; border-bottom: 1px solid var(--line) }
th:last-child, td:last-child { padding-right: 0 }
thead th { font-weight: 400; font-size: .8125rem; color: var(--soft); white-space: nowrap; padding-top: 0; vertical-align: bottom }
tbody th { font-weight: 500 }
tbody tr:hover { background: color-mix(in srgb, var(--sunken) 55%, transparent) }
/* The whole row leads where its first link does; other links lie above it. */
.whole-rows tbody tr { position: relative } .whole-rows tbody th a::after { content: ""; position: absolute; inset: 0 }
.whole-rows td a { position: relative; z-index: 1 }
table.dense { font-size: .875rem } .dense :is(td, th):not(:last-child) { padding-right: 1rem }
table.models { table-layout: fixed; min-width: 34rem }
table.models thead th, thead th.number { white-space: normal } table.models .context { width: 8.25rem } table.models .takes { width: 12.5rem } table.models .price { width: 4.75rem } table.models .when { width: 10.5rem }
table.models tbody:not(:first-of-type) th[scope=rowgroup] { padding-top: 2.5rem } th[scope=rowgroup] { font-size: 1.0625rem; font-weight: 600 }
.phone-only { display: none } .model { overflow-wrap: anywhere; min-width: 9rem } table.models .model { min-width: 0 } td form { justify-items: end }
.number + :not(.number) { padding-left: 1rem }
.number { text-align: right; white-space: nowrap }
td.nowrap, th.nowrap, .nowrap { white-space: nowrap }
small.code { overflow-wrap: anywhere; max-width: 15rem } td.code { overflow-wrap: anywhere; min-width: 6rem }
td small, th small { display: block; font-weight: 400 }
details > summary { cursor: pointer; color: var(--soft); font-size: .8125rem; width: fit-content }
details[open] > summary { margin-bottom: .75rem }

form { display: grid; gap: 1.25rem } form.wide-gap { gap: 2.25rem } .danger-zone summary { font-size: .9375rem }
fieldset { border: 0; display: grid; gap: .9rem; min-width: 0 }
legend { font-weight: 600; padding: 0; margin-bottom: .6rem }
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(11.5rem, 1fr)); gap: 0 1.25rem; margin-bottom: -1rem }
.fields > * { min-width: 0; padding-bottom: 1rem } .fields small { overflow-wrap: anywhere }
.field { display: grid; gap: .3rem; align-content: start } .below { display: grid; gap: .15rem }
/* Labels, fields and hints beside each other stand in lines of their own, however many lines a label has. */
.fields > .field { grid-row: span 3; grid-template-rows: subgrid; row-gap: 0 } .fields > .field > label { align-self: end; margin-bottom: .3rem } .fields > .field > .below { margin-top: .3rem }
.field.wide { grid-column: 1 / -1 }
label, .label { font-size: .875rem; font-weight: 500 }
input, select, textarea { width: 100%; min-height: 2.5rem; padding: .45rem .7rem; font: inherit; line-height: 1.45; color: var(--ink); background: var(--surface);
  border: 1px solid var(--edge); border-radius: 6px }
textarea { resize: vertical; min-height: 5.5rem; line-height: 1.5 }
input:is([type=radio], [type=checkbox]) { width: 1rem; min-height: 1rem; height: 1rem; margin: .25rem 0 0; accent-color: var(--accent) }
.pick { display: block; width: 1.5rem; min-height: 1.5rem; padding: .1rem 0 0 .25rem; cursor: pointer } .pick input { position: relative; top: .15rem; margin: 0 }
/* In sight while something is ticked, however long the list; what has the focus is not below it. */
html:has(.pick :checked) { scroll-padding-bottom: 6rem }
.row.picks { align-items: center; margin-top: 1rem } body:has(.pick :checked) .picks { position: sticky; bottom: 0; z-index: 2; padding: .75rem 0; background: var(--paper); border-top: 1px solid var(--line) }
::placeholder { color: var(--soft); opacity: 1 }
[aria-invalid=true] { border-color: var(--bad) }
.choice { display: grid; grid-template-columns: auto 1fr; gap: 0 .7rem; font-weight: 400 }
.picker details { border-top: 1px solid var(--line); padding: .55rem 0 } .picker details:last-child { border-bottom: 1px solid var(--line) }
.picker summary { font-size: .9375rem; color: var(--ink); width: auto }
.options { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(18rem, 100%), 1fr)); gap: .5rem 1.25rem }
.choice b { font-weight: 500; overflow-wrap: anywhere } .choice small { grid-column: 2 }
.button, button { display: inline-block; font: inherit; font-weight: 550; line-height: 1.45; cursor: pointer; padding: .45rem 1.1rem; min-height: 2.5rem; border-radius: 6px;
  border: 1px solid var(--accent); background: var(--accent); color: var(--on-accent); text-decoration: none; width: fit-content; white-space: nowrap }
.button:hover, button:hover { filter: brightness(1.12) }
.plain { background: transparent; color: var(--accent); border-color: var(--line) }
.plain:hover { background: var(--tint); filter: none }
.danger { background: transparent; color: var(--bad); border-color: currentColor }
.danger:hover { background: var(--bad-tint); filter: none }
.tight { padding: .15rem .7rem; min-height: 1.875rem; font-size: .8125rem }
button:disabled { opacity: .5; cursor: default }
.row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end }
.row.between { justify-content: space-between; align-items: center } .row.start { align-items: start } .head > .row { align-items: baseline } .places { gap: .25rem 1rem; font-size: .875rem } /* As high as a label is, with its gap. */
.after-label { margin-top: calc(.875rlh + .3rem) }
.row > .field { flex: 1 1 10rem } .row > details { flex-basis: 100% } .row > .grow { flex: 3 1 16rem } .row > .short { flex: 0 1 16rem }
.fields > .grow { grid-column: span 2 } .whole { display: inline-block; max-width: 100%; overflow-wrap: anywhere }
.note { padding: .7rem 1rem; border-radius: 6px; background: var(--tint); max-width: none }
.note.bad { background: var(--bad-tint) }
.empty { padding: 2.5rem 1.5rem; border: 1px dashed var(--line); border-radius: 10px; display: grid; gap: .75rem; justify-items: start; color: var(--soft) }
.empty b { color: var(--ink) }
.badge { display: inline-block; position: relative; padding-left: .95rem; font-size: .8125rem; white-space: nowrap; color: var(--soft) }
.badge::before { content: ""; position: absolute; left: 0; top: calc(.5lh - .25rem); width: .5rem; height: .5rem; border-radius: 50%; background: currentColor }
/* Keeps the line where the word is left out. */
.badge::after { content: "\\200b" }
.soft + .badge { margin-left: .4rem }
h1 .badge { font-weight: 400; letter-spacing: 0 }
.badge.good, .badge.bad, .badge.warn { color: var(--ink) }
.badge.good::before { background: var(--good) } .badge.bad::before { background: var(--bad) } .badge.warn::before { background: var(--warn) }
.panel.clients { display: grid; gap: 0 }
.clients > p { margin: .25rem 0 .9rem }
.clients details { border-top: 1px solid var(--line) }
.clients summary { width: auto; padding: .55rem 0; font-size: .9375rem; color: var(--ink) }
.clients details[open] > summary { margin-bottom: .25rem; font-weight: 600 }
.clients .stack { gap: 1rem; padding-bottom: 1.25rem }
.copy { display: grid; gap: .3rem }
.copy > div { display: flex; gap: .6rem; align-items: start } .copy button { min-height: 2.35rem }
.copy code, .copy pre { flex: 1; min-width: 0; padding: .5rem .75rem; background: var(--sunken); border-radius: 6px; font-family: var(--mono); font-size: .84rem; overflow-wrap: anywhere }
/* A key would leave its prefix alone on a line. */
.copy code { word-break: break-all }
.chat { display: grid; gap: 1.25rem }
.turn { display: grid; gap: .4rem }
.turn > b { font-size: .8125rem; color: var(--soft); font-weight: 500 }
.turn .text { white-space: pre-wrap; max-width: 72ch }
.turn details { border-left: 2px solid var(--line); padding-left: 1rem; margin-bottom: .6rem }
.turn details .text { color: var(--soft); font-size: .875rem }

@media (min-width: 78rem) { td small.code { white-space: nowrap } }
@media (max-width: 62rem) {
  .frame { grid-template: "side" auto "main" 1fr / minmax(0, 1fr) }
  .side { position: static; height: auto; border: 0; border-bottom: 1px solid var(--line); padding: 1rem 1.25rem .5rem; gap: .75rem; flex-flow: row wrap; align-items: center; justify-content: space-between }
  .side .brand { padding: 0 } .menu { display: contents } .prefs-and-out, .side div.prefs { margin: 0; display: flex; flex-wrap: wrap; gap: 0 1.25rem } .side .prefs { padding: 0 }
  .nav { order: 3; width: 100% }
  .nav ul, .lone .nav ul { display: flex; flex-wrap: wrap; margin: 0 -.6rem }
  .nav a { padding: .5rem .6rem; white-space: nowrap }
  .nav a[aria-current] { background: none; border-radius: 0; box-shadow: inset 0 -2px var(--accent) }
  .frame > main { padding: 1.75rem 1.25rem 4rem; gap: 2.25rem }
  .two { grid-template-columns: minmax(0, 1fr) }
  th, td { padding-right: .9rem }
  table.models { min-width: 47rem } table.models .context { width: 6.75rem } table.models .takes { width: 9.5rem } table.models .price { width: 4rem } table.models .when { width: 8.75rem }
}
@media (max-width: 40rem) {
  .nav ul { display: grid; grid-template-columns: repeat(4, 1fr) }
  @supports selector(:popover-open) {
    .side { padding: .6rem 1.25rem; min-height: 3.5rem } .menu-button { display: block; min-height: 2.25rem }
    .menu { display: none }
    .menu:popover-open { display: grid; position: fixed; inset: 3.5rem 0 auto; width: 100%; max-height: calc(100dvh - 3.5rem); overflow-y: auto;
      padding: 1rem 1.25rem 1.25rem; gap: 1rem; background: var(--paper); border-bottom: 1px solid var(--line); box-shadow: 0 12px 24px rgb(0 0 0 / .18) }
    .menu .nav { order: 0 } .menu .nav ul { grid-template-columns: repeat(2, 1fr) } .menu .prefs :is(button, a) { min-height: 2.5rem; align-content: center }
  }
  :is(td, th) .phone-only { display: block }
  /* A block stands on its first line, where an inline one would stand on its last. */
  td .badge { display: block; white-space: normal } td .badge:not(.good) { min-width: 3.5rem }
  .dense a { display: block; min-width: 6.75rem; overflow-wrap: anywhere }
  .model { min-width: 6.75rem } tbody th:not(.nowrap) { overflow-wrap: anywhere; min-width: 6.5rem } thead th, thead th.number { white-space: normal } td .meter { min-width: 8.5rem }
  table.models { min-width: 0 } table.models .price { width: 3.9rem } .fields > .grow { grid-column: 1 / -1 }
  .fields { grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)) }
  .number + :not(.number) { padding-left: 0 }
  .wide-only { display: none }
  td .badge.good > span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  .lone .after-label { margin-top: 0 } .lone main .row.start > .field, .lone .lines > li > small { flex-basis: 100% }
  .lone { padding-top: 2rem }
  h1 { font-size: 1.5rem }
  .figures.large dd { font-size: 1.5rem; letter-spacing: -.02em } .lone.wide .figures.large dd { font-size: 1.25rem }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1.25rem }
  .figures.large { gap: 1rem }
  .panel { padding: 1rem }
  .facts { grid-template-columns: minmax(0, 1fr); gap: 0 }
  .facts dd { margin-bottom: .6rem }
  th, td { padding-right: .75rem } tbody th.nowrap { font-size: .8125rem; white-space: normal; min-width: 4.1rem } .number + td:last-child { padding-left: 0 }
  input, select, textarea { font-size: 1rem }
}
/* On paper: in light, and nothing that only a screen can use. */
@media print {
  :root, [data-theme=light], [data-theme=dark] { color-scheme: light; --paper: #fff; --surface: #fff }
  .side, .skip, .pick, #own-time, .lone > header, .lone > footer, main nav.row, search, form.row, button, .button, details:not([open]),
    section:has(> form.row), .screen-only { display: none }
  .frame { display: block }
  .frame > main, .lone { max-width: none; padding: 0; min-height: 0 }
  .scroll { overflow: visible; background: none; margin: 0; padding: 0 }
  table.models { min-width: 0 }
  tr, figure, .figures, .facts > *, .meter, .panel { break-inside: avoid }
  h1, h2, .head { break-after: avoid }
  a { color: inherit; text-decoration: none }
}
@media (prefers-reduced-motion: no-preference) { a, button, .nav a { transition: background-color .12s, color .12s } }
@media (forced-colors: active) { .bar, .c0, .c1, .c2, .c3, .c4, .c5, .fail, .light, .badge::before { forced-color-adjust: none } }
`;
