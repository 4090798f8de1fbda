"""How the page looks, in light and dark mode, on a phone and on a desktop."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --paper: #ffffff; --soft: #5b6577; --line: #d7dce4; --tint: #f3f5f8;
  --good: #10703c; --bad: #b3261e; --unsure: #8a5a00; --new: #0b62c4; --old: #b4540a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebf2; --paper: #12161d; --soft: #9aa5b8; --line: #313a48;
  --tint: #1b212b; --good: #5cc98c; --bad: #ff8a80; --unsure: #f0b94d; --new: #6cb0ff; --old: #ffa95c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.sentence { font-size: 1.1rem; } .soft, dt { color: var(--soft); }
.badge { display: inline-block; padding: 0 .6rem; border: 2px solid; border-radius: 1rem; font-weight: 600; }
.promote, .promoted, .met { color: var(--good); }
.reject, .rejected, .rolled_back, .failed, .unmet, .error { color: var(--bad); }
.inconclusive, .warning, .conflict, .under_way, .pending, .running, .validation, .deploying {
  color: var(--unsure); }
.wide { overflow-x: auto; } table { border-collapse: collapse; min-width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; } tr.marked td { background: var(--tint); font-weight: 600; }
td, th { overflow-wrap: break-word; min-width: 4rem; }
td .soft { white-space: nowrap; }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .2rem 1rem; margin: 0; }
dd { margin: 0; }
figure { margin: 0; flex: 1 1 14rem; max-width: 22rem; } figcaption { text-align: center; color: var(--soft); }
figure.long { max-width: 38rem; margin-bottom: .8rem; }
.row { display: flex; flex-wrap: wrap; gap: 1rem; }
svg text { fill: var(--soft); font-size: 11px; } .frame { fill: none; stroke: var(--line); }
.chance { stroke: var(--line); stroke-dasharray: 4; }
polyline { fill: none; stroke-width: 2; } polyline.challenger { stroke: var(--new); }
polyline.champion { stroke: var(--old); stroke-dasharray: 5 3; }
circle.challenger { fill: var(--new); } circle.champion { fill: var(--old); }
line.challenger, line.champion { stroke-width: 2; } line.challenger { stroke: var(--new); }
line.champion { stroke: var(--old); } .axis { stroke: var(--line); }
.asked { stroke: var(--soft); stroke-dasharray: 3; }
rect.challenger { fill: var(--new); } rect.champion { fill: var(--old); }
figure.past { flex-basis: 20rem; max-width: 38rem; min-width: 0; } .limit { stroke: var(--bad); stroke-dasharray: 4 3; }
.start { fill: var(--new); stroke: var(--new); stroke-width: 1.5; } .start.needless { fill: none; stroke: var(--bad); }
rect.suppressed { fill: var(--unsure); } rect.not_due { fill: var(--line); }
figure.dots, figure.bars { max-width: 20rem; } a { color: var(--new); }
.counters { display: flex; flex-wrap: wrap; gap: .5rem 1.2rem; margin: 1rem 0; padding: 0; list-style: none; }
.counters strong { display: block; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
.healthy { color: var(--good); } .degrading { color: var(--bad); } .in-rollout { color: var(--new); }
.unknown { color: var(--unsure); }
ul.concerns { list-style: none; margin: 0; padding: 0; }
.concerns li { padding: .6rem 0; border-bottom: 1px solid var(--line); }
.concerns code { display: inline-block; margin-top: .2rem; padding: .1rem .4rem; background: var(--tint); }
input, button { font: inherit; color: inherit; background: var(--tint); border: 1px solid var(--line);
  padding: .4rem .7rem; border-radius: .4rem; }
input { width: 100%; max-width: 24rem; } button { cursor: pointer; margin-top: 1rem; }
body:has(.fleet) { max-width: 80rem; }
@media (min-width: 60rem) { .fleet td { white-space: nowrap; }
  .fleet :is([data-name=Model], [data-name=Why], [data-name='Last decision'], [data-name=Champion],
    [data-name=Outcome]) { white-space: normal; min-width: 7rem; overflow-wrap: anywhere; } }
.fleet th { cursor: pointer; overflow-wrap: normal; } .fleet th[aria-sort=ascending]::after { content: ' \\25B4'; }
.fleet th[aria-sort=descending]::after { content: ' \\25BE'; }
@media (max-width: 40rem) { .fleet, .fleet tbody { display: block; } .fleet thead { display: flex; flex-wrap: wrap; }
  .fleet thead tr { display: flex; flex-wrap: wrap; } .fleet th { border: 0; }
  .fleet tr { display: block; padding: .6rem 0; border-bottom: 1px solid var(--line); }
  .fleet td { display: grid; grid-template-columns: 8rem minmax(0, 1fr); border: 0; padding: .1rem 0;
    overflow-wrap: anywhere; }
  .fleet td::before { content: attr(data-name); color: var(--soft); } .fleet td:empty { display: none; } }
@media (max-width: 40rem) { .stacked, .stacked tbody, .stacked tr { display: block; } .stacked thead { display: none; }
  .stacked tr { padding: .5rem 0; border-bottom: 1px solid var(--line); }
  .stacked td { display: block; position: relative; min-height: 1.9rem; border: 0; padding: .1rem 0 .1rem 8.5rem; }
  .stacked td::before { content: attr(data-name); position: absolute; left: 0; width: 8rem; color: var(--soft);
    font-weight: 400; } .stacked td:empty { display: none; } }
.timeline { list-style: none; margin: 0; padding: 0; }
.timeline li { position: relative; display: grid; grid-template-columns: 11rem 1fr; gap: 0 1.6rem;
  padding-bottom: 1rem; }
.timeline time { color: var(--soft); font-variant-numeric: tabular-nums; }
.timeline li::before { content: ''; position: absolute; left: 11.5rem; top: .45rem; width: .7rem; height: .7rem;
  border-radius: 50%; background: var(--soft); z-index: 1; }
.timeline li::after { content: ''; position: absolute; left: 11.8rem; top: .6rem; bottom: -.6rem; width: .1rem;
  background: var(--line); }
.timeline li:last-child::after { display: none; }
.timeline .good::before { background: var(--good); } .timeline .bad::before { background: var(--bad); }
@media (max-width: 40rem) { .timeline li { grid-template-columns: 1fr; padding-left: 1.4rem; }
  .timeline li::before { left: 0; } .timeline li::after { left: .3rem; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .6rem; } }
.key.challenger { color: var(--new); } .key.champion { color: var(--old); }
code { font: .85em ui-monospace, monospace; }
"""
