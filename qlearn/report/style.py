"""The look of the page: light, readable, works on a phone and on paper, needs nothing from the network."""

__all__ = ["STYLE"]

STYLE = """
:root { --ink: #22272e; --soft: #5a636e; --line: #dfe3e8; --back: #ffffff; --tint: #f5f7f9;
  --good: #1d6b45; --good-back: #e6f4ec; --bad: #a3272f; --bad-back: #fbe9ea; --accent: #14487a; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; color: var(--ink); background: var(--back); line-height: 1.55;
  font: 17px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main, header { max-width: 1080px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 34px; }
.over { color: var(--soft); font-size: 14px; letter-spacing: .02em; margin: 0 0 6px; }
h1 { font-size: clamp(26px, 4vw, 36px); line-height: 1.2; margin: 0 0 12px; letter-spacing: -.01em; }
h2 { font-size: 23px; margin: 56px 0 10px; padding-top: 18px; border-top: 1px solid var(--line); line-height: 1.3; }
h3 { font-size: 17px; margin: 26px 0 6px; }
p { margin: 8px 0 12px; max-width: 46em; }
.lead { font-size: 18px; color: #3b434d; }
a { color: var(--accent); }
.verdict { border-radius: 10px; padding: 16px 20px; margin: 20px 0; border-left: 7px solid; }
.verdict.good { background: var(--good-back); border-color: var(--good); }
.verdict.bad { background: var(--bad-back); border-color: var(--bad); }
.verdict strong { display: block; font-size: 21px; line-height: 1.3; }
.verdict.good strong { color: var(--good); } .verdict.bad strong { color: var(--bad); }
.verdict p { margin: 4px 0 0; max-width: none; } .verdict ul { margin: 8px 0 2px; padding-left: 20px; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(232px, 1fr)); gap: 14px; margin: 18px 0 8px; }
.card { background: var(--tint); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; font-size: 15px;
  line-height: 1.45; }
.card h3 { margin: 0 0 6px; font-size: 16px; } .card p { margin: 0 0 8px; color: #3f4751; }
.card ul { list-style: none; margin: 0; padding: 0; } .card li { padding-left: 22px; position: relative; margin: 3px 0; }
.card li::before { position: absolute; left: 0; font-weight: 700; }
.card li.good::before { content: "✓"; color: var(--good); } .card li.bad::before { content: "✗"; color: var(--bad); }
.card li.open::before { content: "?"; color: var(--soft); }
nav { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 16px 0 0; font-size: 15px; }
table { border-collapse: collapse; width: 100%; margin: 12px 0 18px; font-size: 15px; line-height: 1.4; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 13.5px; border-bottom: 2px solid var(--line);
  padding: 6px 10px 6px 0; vertical-align: bottom; }
td { border-bottom: 1px solid var(--line); padding: 9px 10px 9px 0; vertical-align: top; font-variant-numeric: tabular-nums; }
.verdicts td:nth-child(2) { min-width: 250px; }
td .sub { display: block; color: var(--soft); font-size: 13.5px; margin-top: 2px; }
td .why { display: block; font-size: 13.5px; margin-top: 4px; }
tr.group th { padding-top: 22px; color: var(--ink); font-size: 15px; border-bottom: 1px solid var(--line); }
.mark { display: inline-block; white-space: nowrap; font-weight: 600; font-size: 13.5px; border-radius: 20px;
  padding: 2px 10px; }
.mark.good { color: var(--good); background: var(--good-back); } .mark.bad { color: var(--bad); background: var(--bad-back); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 18px 26px;
  margin: 14px 0; }
figure { margin: 0; } figure img { width: 100%; max-width: 560px; height: auto; display: block; }
figcaption { font-size: 14px; color: var(--soft); line-height: 1.4; margin-top: 4px; max-width: 560px; }
.equation { overflow-x: auto; overflow-y: hidden; padding: 10px 0; font-size: 19px; }
.equation math { margin: 0; width: fit-content; }
.equation mtd { math-style: normal; padding: 3px 0; }
ol.steps { padding-left: 26px; } ol.steps li { border-bottom: 1px solid var(--line); padding: 10px 0 2px 4px; }
ol.steps .mark { margin-left: 6px; } ol.steps .equation { padding: 8px 0 12px; font-size: 17px; }
.sub { display: block; color: var(--soft); font-size: 13.5px; } ul.note { padding-left: 32px; } ul.note li { margin: 3px 0; }
summary { cursor: pointer; color: var(--accent); margin: 10px 0; }
.scroll { overflow-x: auto; }
pre { background: var(--tint); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; overflow-x: auto;
  font-size: 13.5px; line-height: 1.45; }
code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .9em; }
dt { font-weight: 600; margin-top: 10px; } dd { margin: 2px 0 0; color: #3b434d; max-width: 46em; }
.note { background: var(--tint); border-left: 4px solid var(--line); padding: 10px 14px; border-radius: 0 8px 8px 0;
  max-width: 52em; font-size: 15.5px; }
footer { color: var(--soft); font-size: 14px; margin: 60px auto 40px; max-width: 1080px; padding: 0 20px; }
@media (max-width: 760px) {
  body { font-size: 16px; } main, header { padding-left: 16px; padding-right: 16px; }
  table.verdicts thead, table.stack thead { display: none; }
  table.verdicts, table.verdicts tbody, table.verdicts tr, table.verdicts td,
  table.stack, table.stack tbody, table.stack tr, table.stack td { display: block; width: 100%; }
  table.verdicts tr, table.stack tr { border: 1px solid var(--line); border-radius: 10px; padding: 8px 14px; margin: 10px 0; }
  table.verdicts td, table.stack td { border: 0; padding: 4px 0; overflow-x: auto; }
  table.verdicts td[data-label]:nth-child(n+3)::before, table.stack td[data-label]:nth-child(n+2)::before {
    content: attr(data-label) ": "; color: var(--soft); font-size: 13.5px; }
  table.verdicts td.none { display: none; } table.verdicts td:nth-child(n+3) .sub { display: inline; margin-left: 6px; }
  table.verdicts tr.group { border: 0; padding: 0; margin: 18px 0 0; } tr.group th { display: block; padding: 0; border: 0; }
}
@media print { nav { display: none; } h2 { break-after: avoid; } figure, tr, .card { break-inside: avoid; } }
"""
