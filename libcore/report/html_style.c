/* SPDX-License-Identifier: ISC */
#include "report/html_style.h"

/* Every text has a contrast of at least 4.5 to 1 on what it stands on, every bar 3 to 1, in light and in dark (WCAG 2.1, AA). */
static const char light[] = ":root{--page:#f6f7f9;--card:#fff;--ink:#1b1f24;--dim:#57606a;--line:#d8dee4;--link:#0757ba;"
                            "--t0:#6a737d;--t1:#2f6fb8;--t2:#a35f00;--t3:#c62828;--t4:#6a1b9a;--on:#fff;color-scheme:light dark}\n";

static const char dark[] = "@media screen and (prefers-color-scheme:dark){:root{--page:#0f1318;--card:#171c23;--ink:#e6eaef;--dim:#9aa5b1;"
                           "--line:#2d3540;--link:#7db4ff;--t0:#8b96a3;--t1:#6cabf2;--t2:#e0a340;--t3:#ff7b72;--t4:#d0a5ff;--on:#10141a}}\n";

static const char page[] =
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:80rem;padding:1.5rem;background:var(--page);color:var(--ink);"
    "font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",\"Liberation Sans\",sans-serif}\n"
    "h1{font-size:1.7rem;line-height:1.2;margin:0 0 .4rem}\n"
    "h2{font-size:1.1rem;margin:0 0 .8rem}\n"
    ".lead{margin:0 0 1.2rem;color:var(--dim)}\n"
    ".note,footer{color:var(--dim);font-size:.87rem;margin:.8rem 0 0}\n"
    "footer{margin:1.2rem 0 0}\n"
    "section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:1.1rem 1.2rem;margin:0 0 1.2rem;min-width:0}\n"
    ".pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:0 1.2rem}\n"
    "a{color:var(--link)}\n"
    ".facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(7rem,1fr));gap:.8rem;margin:0 0 1.2rem}\n"
    ".facts div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.7rem}\n"
    "dt{color:var(--dim);font-size:.87rem}\n"
    "dd{margin:0;font-size:1.2rem;font-weight:600;line-height:1.3;overflow-wrap:anywhere}\n";

static const char tables[] =
    ".box{overflow-x:auto}\n"
    "table{border-collapse:collapse;width:100%;font-size:.92rem}\n"
    "caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}\n"
    "th{text-align:left;font-weight:600;color:var(--dim);white-space:nowrap}\n"
    "th,td{padding:.4rem .9rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top}\n"
    "th:last-child,td:last-child{padding-right:0}\n"
    "tbody tr:last-child td{border-bottom:0}\n"
    "td{overflow-wrap:anywhere;unicode-bidi:plaintext}\n"
    ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    "th.n,td.n{padding-right:1.6rem}\n"
    "td{min-width:5rem}td.a{min-width:7.5rem}td.n{min-width:0}td.c{min-width:9.5rem}td.q{min-width:13rem}\n"
    ".w{white-space:nowrap;overflow-wrap:normal;font-variant-numeric:tabular-nums}\n"
    "small{display:block;color:var(--dim);font-size:.92em}\n"
    ".c,.q small{font-family:ui-monospace,SFMono-Regular,Menlo,\"DejaVu Sans Mono\",\"Liberation Mono\",monospace;font-size:.88em}\n"
    ".b{display:inline-block;border-radius:4px;padding:0 .45rem;font-size:.83rem;font-weight:600;white-space:nowrap;"
    "color:var(--on);background:var(--t0)}\n"
    ".b.t1{background:var(--t1)}.b.t2{background:var(--t2)}.b.t3{background:var(--t3)}.b.t4{background:var(--t4)}\n";

static const char charts[] =
    "figure{margin:0}\n"
    "svg{display:block;width:100%;overflow:visible}\n"
    ".columns>svg{margin-left:2.8rem;width:calc(100% - 2.8rem)}\n"
    "svg text{fill:var(--ink);font-size:13px}\n"
    "svg .dim{fill:var(--dim);font-size:12px}\n"
    "svg .grid{stroke:var(--line)}\n"
    "svg .track{fill:var(--line);fill-opacity:.45}\n"
    ".end{text-anchor:end}.mid{text-anchor:middle}\n"
    "g rect:not(.track){stroke:var(--card);stroke-width:.6}\n"
    "rect.t0{fill:var(--t0)}rect.t1{fill:var(--t1)}rect.t2{fill:var(--t2)}rect.t3{fill:var(--t3)}rect.t4{fill:var(--t4)}\n"
    ".key{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin:0 0 .7rem;padding:0;list-style:none;font-size:.87rem;color:var(--dim)}\n"
    ".key svg{display:inline-block;width:.8em;height:.8em;margin-right:.4em;vertical-align:-.05em}\n"
    "details{margin-top:.8rem;font-size:.92rem}\n"
    "summary{cursor:pointer;color:var(--dim);font-size:.87rem}\n"
    "details .box{margin-top:.5rem;max-height:24rem;overflow:auto}\n";

static const char narrow[] =
    "@media screen and (max-width:52rem){body{padding:.8rem}section{padding:.9rem}h1{font-size:1.4rem}\n"
    ".facts{grid-template-columns:1fr 1fr;gap:.5rem}dd{font-size:1.15rem}\n"
    "table.cards,.cards tbody,.cards tr,.cards td{display:block}.cards thead{position:absolute;width:1px;height:1px;overflow:hidden;"
    "clip-path:inset(50%)}\n"
    ".cards tr{border-bottom:1px solid var(--line);padding:.6rem 0}.cards tbody tr:last-child{border-bottom:0}\n"
    ".cards td{display:grid;grid-template-columns:5.6rem minmax(0,1fr);padding:.1rem 0;border:0;text-align:left;white-space:normal;min-width:0}\n"
    ".cards td::before{content:attr(data-h);color:var(--dim);font:.83rem/1.8 system-ui,sans-serif}.cards td>*{justify-self:start}\n"
    ".cards small{grid-column:2}.cards td:empty{display:none}}\n";

static const char paper[] =
    "@media print{@page{margin:1.5cm}:root{--page:#fff;--ink:#000;--dim:#444;color-scheme:light}body{padding:0;max-width:none;font-size:10pt}\n"
    "section{border:0;padding:0}.facts div{border-radius:0}td.w{white-space:normal;min-width:4.6rem}"
    "table{font-size:8.5pt}th,td,th.n,td.n{padding-right:.5rem}td.a{min-width:4.5rem}td.c{min-width:6rem}td.q{min-width:9rem}\n"
    ".pair{grid-template-columns:1fr 1fr}figure,tr,.facts{break-inside:avoid}h2{break-after:avoid}\n"
    "thead{display:table-header-group}details{display:none}.box{overflow:visible}\n"
    "rect,.b{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n";

void sv_html_style_put(struct sv_buf *out)
{
    sv_buf_str(out, light);
    sv_buf_str(out, dark);
    sv_buf_str(out, page);
    sv_buf_str(out, tables);
    sv_buf_str(out, charts);
    sv_buf_str(out, narrow);
    sv_buf_str(out, paper);
}
