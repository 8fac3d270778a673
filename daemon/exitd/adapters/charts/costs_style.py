"""How the page of costs looks, by day and by night."""

STYLE = """\
:root { --paper: #fff; --ink: #23272e; --faint: #626b79; --grid: #e7eaef;
  --panel: #f7f8fa; --q0: #1f9d63; --q1: #7dbb42; --q2: #e5a11a; --q3: #d6453d;
  --median: #23272e; --p90: #6a5acd; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171c; --ink: #e4e7ec; --faint: #8d96a5; --grid: #2a303a;
    --panel: #1b2027; --q0: #35c184; --q1: #9bd35f; --q2: #f0b843; --q3: #f0645c;
    --median: #e4e7ec; --p90: #a99cf5; }
}
* { box-sizing: border-box; }
body { margin: 2rem auto; max-width: 62rem; padding: 0 1rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif;
  font-variant-numeric: tabular-nums; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: .8rem; margin: 0 0 .4rem; color: var(--faint); font-weight: 600;
  text-transform: uppercase; letter-spacing: .05em; }
header p { margin: .2rem 0 1.2rem; color: var(--faint); }
section { margin: 0 0 1.8rem; }
small { display: block; color: var(--faint); font-size: .8rem; font-weight: 400; }
.mode { padding: .5rem .8rem; border-left: 4px solid var(--q0);
  background: var(--panel); font-weight: 600; }
.paper { border-left-color: var(--q2); }
.tiles { display: grid; gap: .8rem;
  grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); }
.tiles div { background: var(--panel); border-radius: 8px; padding: .8rem 1rem; }
.tiles strong { font-size: 1.4rem; }
.bar { width: 100%; height: 16px; display: block; border-radius: 4px; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; list-style: none;
  margin: .5rem 0 0; padding: 0; }
i { display: inline-block; width: .7em; height: .7em; border-radius: 2px;
  margin-right: .45em; }
i.q0 { background: var(--q0); } i.q1 { background: var(--q1); }
i.q2 { background: var(--q2); } i.q3 { background: var(--q3); }
rect.q0 { fill: var(--q0); } rect.q1 { fill: var(--q1); }
rect.q2 { fill: var(--q2); } rect.q3 { fill: var(--q3); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; vertical-align: top;
  border-bottom: 1px solid var(--grid); }
thead th { color: var(--faint); font-weight: 600; font-size: .8rem; }
.spread td { width: 38%; } .spread svg { width: 100%; height: auto; display: block; }
.wide { overflow-x: auto; } .wide td, .wide th { white-space: nowrap; }
.wide td.words { white-space: normal; min-width: 9rem; }
.wide .number { text-align: right; }
em { display: none; font-style: normal; font-size: .8rem; color: var(--faint); }
.lines { color: var(--faint); font-size: .8rem; margin: 0 0 1.2rem; }
s { display: inline-block; width: 1.6em; margin-right: .45em; vertical-align: middle;
  border-top: 2px solid var(--median); }
s.of-p90 { border-top: 2px dashed var(--p90); }
s.of-zero { border-top: 1px dotted var(--faint); }
@media (max-width: 42rem) {
  body { margin-top: 1rem; }
  .spread thead { display: none; }
  .spread tr { display: block; border-bottom: 1px solid var(--grid); }
  .spread th, .spread td { display: block; width: auto; border: 0; padding: .35rem 0; }
  em { display: block; }
  .wide td.words { white-space: nowrap; }
}
svg text { font-size: 10px; fill: var(--faint); }
.zero { stroke: var(--faint); stroke-dasharray: 2 3; }
.base { stroke: var(--grid); }
.median { stroke: var(--median); stroke-width: 1.6; }
.p90 { stroke: var(--p90); stroke-width: 1.6; stroke-dasharray: 4 3; }
.none { color: var(--faint); margin: .4rem 0; }
"""
