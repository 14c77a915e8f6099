// JSON-LD to canonical N-Quads: our C code beside jsonld and rdf-canonize from npm, over documents made from a seed (req: FMT-3).
// SEALGATE_INTEROP_SEED and SEALGATE_INTEROP_DOCUMENTS choose others.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import test from 'node:test'
import jsonld from 'jsonld'
import { generate, random } from './jsonld_generate.mjs'

const build = path.dirname(path.resolve(process.env.SEALGATE_BIN ?? 'build/release/sealgate'))
const program = path.join(build, 'tests/jsonld_nquads')
const seed = Number(process.env.SEALGATE_INTEROP_SEED ?? 20261121)
const documents = Number(process.env.SEALGATE_INTEROP_DOCUMENTS ?? 1000)

/** The very files that are built into the C code (conf/contexts). */
function builtIn() {
  const npm = path.join(build, 'formats/jsonld/npm')
  const require = createRequire(path.join(npm, 'package.json'))
  const { contexts } = JSON.parse(readFileSync('conf/contexts/contexts.json', 'utf8'))
  const read = (at) => (at.endsWith('.js') ? require(at) : JSON.parse(readFileSync(at, 'utf8')))
  return new Map(contexts.map(({ url, package: name, file }) => [url, read(path.join(npm, 'node_modules', name, file))]))
}

const contexts = existsSync(program) ? builtIn() : new Map()
const documentLoader = async (url) => {
  if (!contexts.has(url)) throw new Error(`no context ${url}`)
  return { contextUrl: null, documentUrl: url, document: contexts.get(url) }
}

async function theirs({ document, nquads, safe, i18n, sha384 }) {
  const canonizeOptions = { maxDeepIterations: 65536, messageDigestAlgorithm: sha384 ? 'sha384' : 'sha256' }
  const options = { algorithm: 'RDFC-1.0', base: null, safe: safe === true, documentLoader, rdfDirection: i18n ? 'i18n-datatype' : null, canonizeOptions }
  if (document === undefined) options.inputFormat = 'application/n-quads'
  try {
    return { nquads: await jsonld.canonize(document ?? nquads, options) }
  } catch (error) {
    return { error: error.details?.event?.code ?? error.details?.code ?? `${error.name}: ${error.message}` }
  }
}

function ours(cases) {
  const run = spawnSync(program, { input: cases.map((c) => JSON.stringify(c) + '\n').join(''), encoding: 'utf8', maxBuffer: 1 << 30 })
  assert.equal(run.status, 0, `${program}: ${run.stderr}${run.signal ?? ''}`)
  const answers = run.stdout.split('\n').slice(0, -1).map((line) => JSON.parse(line))
  assert.equal(answers.length, cases.length)
  return answers
}

/** jsonld.js gives some quads twice, and rdf-canonize keeps both: then its hashes are of another dataset. */
const repeated = (nquads) => new Set(nquads.split('\n')).size !== nquads.split('\n').length

function verdict(their, our) {
  if (their.error && our.error) return 'both refuse'
  if (their.error) return `only jsonld refuses: ${their.error}`
  if (our.error) return `only sealgate refuses: ${our.error} ${our.why}`
  if (their.nquads === our.nquads) return our.nquads === '' ? 'equal and empty' : 'equal'
  return repeated(their.nquads) ? 'jsonld gives a quad twice' : 'different'
}

async function compare(cases) {
  const our = ours(cases)
  const found = new Map()
  for (const [i, c] of cases.entries()) {
    const what = verdict(await theirs(c), our[i])
    found.set(what, [...(found.get(what) ?? []), c])
  }
  return found
}

test(`${documents} documents of seed ${seed}`, { skip: !existsSync(program) && 'tests/jsonld_nquads is not built' }, async (t) => {
  const r = random(seed)
  const found = await compare(Array.from({ length: documents }, () => generate(r)))
  for (const [what, cases] of found) t.diagnostic(`${cases.length} ${what}`)
  const count = (what) => found.get(what)?.length ?? 0
  for (const agreed of ['equal', 'equal and empty', 'both refuse']) {
    found.delete(agreed)
  }
  assert.ok(count('jsonld gives a quad twice') <= documents / 200)
  found.delete('jsonld gives a quad twice')
  assert.deepEqual([...found].map(([what, cases]) => `${what}: ${JSON.stringify(cases[0])}`), [])
})

test('enough of them say something, and enough are refused', { skip: !existsSync(program) && 'tests/jsonld_nquads is not built' }, () => {
  const r = random(seed)
  const answers = ours(Array.from({ length: documents }, () => generate(r)))
  assert.ok(answers.filter((a) => a.nquads?.includes('_:c14n1 ')).length > documents / 3)
  assert.ok(answers.filter((a) => a.error).length > documents / 10)
  assert.ok(new Set(answers.filter((a) => a.error).map((a) => a.why)).size >= 8)
})

// Blank nodes alone: graphs of N-Quads that need the search, often with equal quads in several graphs.
function blankGraph(r) {
  const n = 2 + r.int(5)
  const node = () => (r.chance(0.93) ? '_:n' + r.int(n) : r.pick(['<urn:a>', '<urn:b>']))
  const lines = Array.from({ length: 1 + r.int(2 * n) }, () => {
    const graph = r.pick(['', '', '', ' <urn:g>', ' _:n' + r.int(n)])
    return `${node()} <urn:${r.pick(['p', 'p', 'p', 'q'])}> ${r.chance(0.9) ? node() : '"x"'}${graph} .\n`
  })
  return { nquads: lines.join(''), sha384: r.chance(0.2) }
}

test('1500 small graphs of blank nodes', { skip: !existsSync(program) && 'tests/jsonld_nquads is not built' }, async (t) => {
  const r = random(seed + 1)
  const found = await compare(Array.from({ length: 1500 }, () => blankGraph(r)))
  for (const [what, cases] of found) t.diagnostic(`${cases.length} ${what}`)
  found.delete('equal')
  assert.deepEqual([...found].map(([what, cases]) => `${what}: ${cases[0].nquads}`), [])
})

// ---- known differences ---------------------------------------------------------------------------------
// Found by the first test with a generator that knew no restraint; each cause is left out of it now, and stands here.
// Each row: what jsonld.js does, the document, what jsonld.js makes of it, what we make of it. A change on either side shows.

const term = (definition) => ({ p: definition })
const XSD = 'http://www.w3.org/2001/XMLSchema#'
const P = '_:c14n0 <urn:p> '

const [FIRST, REST, NIL] = ['first', 'rest', 'nil'].map((name) => `<http://www.w3.org/1999/02/22-rdf-syntax-ns#${name}>`)
const LISTS = `_:c14n0 ${FIRST} "a" .\n_:c14n0 ${REST} ${NIL} .\n_:c14n1 ${FIRST} _:c14n0 .\n_:c14n1 ${REST} ${NIL} .\n_:c14n2 <urn:p> _:c14n1 .\n`

const KNOWN = [
  // ours is the specification's
  ['numbers below 1e-6 become 0', { '@context': term('urn:p'), p: 1e-7 },
    { nquads: P + `"0"^^<${XSD}integer> .\n` }, { nquads: P + `"1.0E-7"^^<${XSD}double> .\n` }],
  ['texts typed as xsd:double are rewritten', { '@context': term({ '@id': 'urn:p', '@type': XSD + 'double' }), p: '1.5' },
    { nquads: P + `"1.5E0"^^<${XSD}double> .\n` }, { nquads: P + `"1.5"^^<${XSD}double> .\n` }],
  ['values that differ in @index only are two quads', { '@context': term('urn:p'), p: ['a', { '@value': 'a', '@index': 'i' }] },
    { nquads: P + '"a" .\n' + P + '"a" .\n' }, { nquads: P + '"a" .\n' }],
  ['values that differ in @direction only are one, unseen by safe mode', { '@context': term('urn:p'), p: ['a', { '@value': 'a', '@direction': 'rtl' }] },
    { nquads: P + '"a" .\n' }, { error: 'DATA_LOSS', why: 'rdfDirection not set' }],
  ['@direction of a context is lost in the next', { '@context': { '@direction': 'rtl', p: { '@id': 'urn:p', '@context': {} } }, p: 'a' },
    { nquads: P + '"a" .\n' }, { error: 'DATA_LOSS', why: 'rdfDirection not set' }],
  ['U+FFFE and U+FFFF are not escaped', { '@context': term('urn:p'), p: '\uffff' },
    { nquads: P + '"\uffff" .\n' }, { nquads: P + '"\\uFFFF" .\n' }],
  ['lines are sorted by UTF-16 code units', { '@context': term('urn:p'), p: ['\u{1f600}', '\ufb00'] },
    { nquads: P + '"\u{1f600}" .\n' + P + '"\ufb00" .\n' }, { nquads: P + '"\ufb00" .\n' + P + '"\u{1f600}" .\n' }],
  ['@none as a property is dropped, unseen by safe mode', { '@context': term('urn:p'), p: 1, '@none': 2 },
    { nquads: P + `"1"^^<${XSD}integer> .\n` }, { error: 'DATA_LOSS', why: 'invalid property' }],
  ['an index of @none is added to values', { '@context': term({ '@id': 'urn:p', '@container': '@index', '@index': 'urn:i' }), p: { '@none': 'a' } },
    { error: 'invalid value object' }, { nquads: P + '"a" .\n' }],
  ['@json under a container of @index is not JSON', { '@context': term({ '@id': 'urn:p', '@type': '@json', '@container': '@index' }), p: { i: 1 } },
    { nquads: P + '"1"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON> .\n' }, { nquads: P + '"{\\"i\\":1}"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON> .\n' }],
  ['an empty array under a container of @graph, and nothing else', { '@context': term({ '@id': 'urn:p', '@container': '@graph' }), p: [] },
    { error: 'empty object' }, { nquads: '' }],
  ['values under a container of @graph and @index are lost, unseen by safe mode', { '@context': term({ '@id': 'urn:p', '@container': ['@graph', '@index'] }), p: { i: 'a' } },
    { nquads: '_:c14n1 <urn:p> _:c14n0 .\n' }, { error: 'DATA_LOSS', why: 'object with only @value' }],
  ['an empty text for @vocab is dropped, unseen by safe mode', { '@context': term({ '@id': 'urn:p', '@type': '@vocab' }), p: '', 'urn:q': 'a' },
    { nquads: '_:c14n0 <urn:q> "a" .\n' }, { error: 'DATA_LOSS', why: 'relative @id reference' }],
  ['in a map of types, the context of one type reaches the next', { '@context': { ...term({ '@id': 'urn:p', '@container': '@type' }), T: { '@id': 'urn:T', '@context': { U: 'urn:U' } } }, p: { T: {}, U: {} } },
    { nquads: '_:c14n0 <urn:p> _:c14n1 .\n_:c14n0 <urn:p> _:c14n2 .\n_:c14n1 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:T> .\n_:c14n2 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:U> .\n' }, { error: 'DATA_LOSS', why: 'relative @type reference' }],
  ['the scope of a type reaches into a map of identifiers', { '@context': { q: 'urn:q', p: { '@id': 'urn:p', '@container': '@id' }, T: { '@id': 'urn:T', '@context': { q: 'urn:scoped' } } }, '@type': 'T', p: { 'urn:x': { q: 'a' } } },
    { nquads: '<urn:x> <urn:scoped> "a" .\n_:c14n0 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:T> .\n_:c14n0 <urn:p> <urn:x> .\n' },
    { nquads: '<urn:x> <urn:q> "a" .\n_:c14n0 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:T> .\n_:c14n0 <urn:p> <urn:x> .\n' }],
  ['the scope of a property holds for the index of its map', { '@context': { p: { '@id': 'urn:p', '@container': '@index', '@index': 'urn:i', '@context': { '@language': 'de' } } }, p: { x: { '@type': 'urn:T' } } },
    { nquads: '_:c14n0 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:T> .\n_:c14n0 <urn:i> "x"@de .\n_:c14n1 <urn:p> _:c14n0 .\n' },
    { nquads: '_:c14n0 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:T> .\n_:c14n0 <urn:i> "x" .\n_:c14n1 <urn:p> _:c14n0 .\n' }],
  ['arrays in an explicit @list become lists', { '@context': term('urn:p'), p: { '@list': [['a']] } },
    { nquads: LISTS }, { error: 'DATA_LOSS', why: 'array within @list' }],
  ['and so do sets there', { '@context': term('urn:p'), p: { '@list': [{ '@set': ['a'] }] } },
    { nquads: LISTS }, { error: 'DATA_LOSS', why: 'array within @list' }],
  // ours refuses what N-Quads cannot carry
  ['IRIs with characters that IRIREF excludes are escaped', { '@context': term('urn:p'), '@id': 'urn:x{y}', p: 'a' },
    { nquads: '<urn:x\\u007By\\u007D> <urn:p> "a" .\n' }, { error: 'DATA_LOSS', why: 'relative subject reference' }],
]

test('known differences are what they were', { skip: !existsSync(program) && 'tests/jsonld_nquads is not built' }, async () => {
  const cases = KNOWN.map(([, document]) => ({ document, safe: true }))
  const our = ours(cases)
  for (const [i, [what, , their, mine]] of KNOWN.entries()) {
    assert.deepEqual(await theirs(cases[i]), their, what)
    assert.deepEqual(our[i], mine, what)
  }
})
