// What the browser page of local-slack 0.1.8 leaves out and Slack shows: prefilled choices, text areas, dates, and
// private answers shown to their reader only. Each fix is a replacement in the page's own script; one that no longer
// fits (another version) is left alone, so that the page always loads.

const DATE = String.raw`/&lt;!date\^\d+\^.*?\|(.*?)&gt;/g`;
const FIXES = [
  ['const V=((L=(R=K.get(c,g))==null?void 0:R.selected_option)==null?void 0:L.value)??"";',
    'const V=(K.get(c,g)?K.get(c,g).selected_option:l.initial_option)?.value??"";'],
  ['D=((q=K.get(c,g))==null?void 0:q.selected_options)??[],', 'D=(K.get(c,g)?.selected_options)??l.initial_options??[],'],
  ["de=(te=(fe=K.get(c,g))==null?void 0:fe.selected_option)==null?void 0:te.value;",
    "de=(K.get(c,g)?.selected_option??l.initial_option)?.value;"],
  ['return f.jsx("input",{className:"bk-plain-input",placeholder:',
    'return f.jsx(l.multiline?"textarea":"input",{className:"bk-plain-input",rows:l.multiline?4:void 0,placeholder:'],
  ["let c=j6(E6(l));return c=c.replace(", `let c=j6(E6(l));c=c.replace(${DATE},"$1");return c=c.replace(`],
  ['return f.jsxs("div",{className:`msg ${', 'return l.subtype==="ephemeral"&&l.ephemeral_to!==a?null:f.jsxs("div",{className:`msg ${'],
];

// The page with every fix that fits applied.
export function fixPage(html) {
  return FIXES.reduce((page, [from, to]) => page.replace(from, () => to), html);
}
