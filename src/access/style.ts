/** The look of the pages: one sheet, no script, no picture, light and dark, down to a narrow phone. */
export const STYLE = `:root{color-scheme:light dark;--ink:#1c2733;--soft:#566676;--line:#cbd6e0;--page:#f3f6f9;--card:#fff;--act:#1f6b46;--on:#fff;--bad:#9b2c2c}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9fb0c0;--line:#33414f;--page:#10161d;--card:#18212b;--act:#5fbf8b;--on:#0c1a12;--bad:#f29b9b}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{width:100%;max-width:25rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:2rem 1.75rem;overflow-wrap:anywhere}
h1{font-size:1.375rem;line-height:1.25;margin:0 0 .5rem}p{margin:0 0 1rem}.soft{color:var(--soft);font-size:.9rem}.bad{color:var(--bad)}
input+.soft{margin-top:.6rem}.apart{margin:1.25rem 0 0}
label{display:block;font-weight:600;margin:1rem 0 .25rem}
input,select,textarea{width:100%;font:inherit;color:inherit;background:transparent;border:1px solid var(--line);border-radius:.5rem;padding:.6rem .75rem}
button,.button{display:block;width:100%;margin-top:1rem;font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer;color:var(--on);background:var(--act);border:1px solid var(--act);border-radius:.5rem;padding:.65rem .75rem}
.other{color:var(--ink);background:transparent;border-color:var(--line)}a{color:var(--act)}
:focus-visible{outline:3px solid var(--act);outline-offset:2px}dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:1rem 0}dt{color:var(--soft)}dd{margin:0}
.rows{list-style:none;margin:1rem 0;padding:0}.rows li{border-top:1px solid var(--line);padding:.9rem 0}.rows p{margin:.25rem 0 0}.small{width:auto;margin-top:.6rem;padding:.35rem .75rem;font-size:.9rem}.tag{margin-left:.35rem;padding:.05rem .5rem;border:1px solid var(--line);border-radius:1rem;color:var(--soft);font-size:.8rem}
h2{font-size:1.1rem;margin:2rem 0 .5rem}main:has(.setup){max-width:42rem}.setup~form button,.setup~p .button{max-width:20rem}.values{display:block;padding:.75rem 1rem;border:1px solid var(--line);border-radius:.5rem}.values dd{margin:0 0 .6rem}.values dd:last-child{margin:0}.item{border-top:1px solid var(--line);padding:.6rem 0 0;margin:0 0 .6rem}details{margin:1rem 0 0}summary{cursor:pointer;font-weight:600}li{margin:0 0 .35rem}option{color:var(--ink);background:var(--card)}
.qr{display:block;width:13rem;max-width:100%;margin:1rem auto;padding:.25rem;background:#fff;border-radius:.5rem}.codes{columns:2;padding-left:1.75rem;margin:1rem 0}.links{display:flex;flex-wrap:wrap;gap:.5rem 1.25rem;margin:1.25rem 0 0;font-size:.9rem}
code{font-size:.85rem;overflow-wrap:anywhere}`;
