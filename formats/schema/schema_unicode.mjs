// Writes schema_unicode.c: the ranges of a few general categories, by the Unicode version that node carries.
//   node formats/schema/schema_unicode.mjs > formats/schema/schema_unicode.c
const categories = [['letters', 'L'], ['numbers', 'N'], ['decimals', 'Nd']]
const ranges = (category) => {
  const is = new RegExp(`^\\p{${category}}$`, 'u')
  const out = []
  for (let c = 0; c <= 0x10ffff; c++) {
    if (c >= 0xd800 && c <= 0xdfff) continue
    if (!is.test(String.fromCodePoint(c))) continue
    const last = out[out.length - 1]
    if (last && last[1] === c - 1) last[1] = c
    else out.push([c, c])
  }
  return out
}
const hex = (n) => '0x' + n.toString(16)
let text = `/* Made by schema_unicode.mjs from Unicode ${process.versions.unicode}. */\n/* clang-format off */\n#include "schema_unicode.h"\n`
for (const [name, category] of categories) {
  const rows = ranges(category).map(([a, b]) => `{${hex(a)},${hex(b)}}`)
  text += `\nstatic const struct regex_range ${name}[] = {\n`
  for (let i = 0; i < rows.length; i += 7) text += `    ${rows.slice(i, i + 7).join(',')},\n`
  text += '};\n'
}
text += `\n#define ROWS(array) array, sizeof(array) / sizeof((array)[0])\n
const struct schema_category schema_categories[] = {
    { "L", ROWS(letters) }, { "Letter", ROWS(letters) },
    { "N", ROWS(numbers) }, { "Number", ROWS(numbers) },
    { "Nd", ROWS(decimals) }, { "Decimal_Number", ROWS(decimals) }, { "digit", ROWS(decimals) },
    { NULL, NULL, 0 },
};\n`
process.stdout.write(text)
