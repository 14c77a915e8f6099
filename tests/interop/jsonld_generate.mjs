// JSON-LD documents of many shapes from a seed: half of them what credentials look like, half made from a random inline context.
// The same seed gives the same documents, on every machine.

/** mulberry32: a small generator with 32 bits of state. */
export function random(seed) {
  let a = seed >>> 0
  const next = () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = a
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const int = (n) => Math.floor(next() * n)
  const pick = (list) => list[int(list.length)]
  const chance = (p) => next() < p
  const some = (n, make) => Array.from({ length: int(n + 1) }, make)
  return { int, pick, chance, some, safe: true, terms: {} }
}

const WORDS = ['Alice', 'Zürich', '東京', 'naïve', 'a\tb', 'line\nbreak', 'quote " and \\', '😀', '', ' ', 'x', '<b>', '\u007f', '\u0001', 'e\u0301', "it's"]
const LANGUAGES = ['en', 'de', 'fr-CA', 'ja', 'zh-Hant-TW', 'EN-gb']
const NUMBERS = [ // none below 1e-6: jsonld.js makes 0 of them
  0, 1, -1, 42, 3.5, -0.25, 1e21, 123456789012345680000, 0.1, 1e100, 9007199254740991, 100.0, 2.5e3]
const XSD = 'http://www.w3.org/2001/XMLSchema#'

// ---- what credentials look like ----

const V2 = 'https://www.w3.org/ns/credentials/v2'
const V1 = 'https://www.w3.org/2018/credentials/v1'
const UNDEFINED_TERMS = 'https://www.w3.org/ns/credentials/undefined-terms/v2'

function languageValue(r) {
  const value = { '@value': r.pick(WORDS) + r.int(1000) } // jsonld.js drops what differs in "@direction" only
  if (r.chance(0.8)) value['@language'] = r.pick(LANGUAGES)
  if (r.chance(0.2)) value['@direction'] = r.pick(['ltr', 'rtl'])
  return value
}

const text = (r) => (r.chance(0.7) ? r.pick(WORDS) : r.chance(0.5) ? languageValue(r) : r.some(3, () => languageValue(r)))
const id = (r) => r.pick(['urn:uuid:7d1f6b1e-0000-4000-8000-00000000000' + r.int(9), 'did:example:' + r.int(5), 'https://example.org/' + r.pick(['a', 'b/c', 'd?e=f', 'g#h', '%C3%A9'])])
const bnode = (r) => '_:' + r.pick(['b0', 'b1', 'x', 'c14n0', 'node'])

/** A nested object under terms of undefined-terms/v2 (everything is defined) or of the mistakes that safe mode is for. */
function nested(r, depth) {
  const o = {}
  if (r.chance(0.4)) o.id = r.chance(0.6) ? id(r) : bnode(r)
  if (r.chance(0.5)) o.type = r.chance(0.5) ? r.pick(['Person', 'Degree', 'VerifiableCredential']) : ['Person', 'Degree']
  for (const name of ['name', 'description', 'score', 'knows', 'tags', 'active', 'address'].filter(() => r.chance(0.35))) {
    const kind = r.int(depth > 0 ? 8 : 5)
    o[name] = name === 'name' || name === 'description' ? text(r)
      : kind === 0 ? r.pick(NUMBERS) : kind === 1 ? r.chance(0.5) : kind === 2 ? r.pick(WORDS)
        : kind === 3 ? r.some(4, () => r.pick([...WORDS, ...NUMBERS, true, false]))
          : kind === 4 ? r.pick([null, [], { '@value': r.pick(WORDS), '@type': XSD + 'date' }, { '@list': r.some(4, () => r.pick(WORDS)) }, { '@set': r.some(2, () => r.pick(WORDS)) }])
            : kind === 5 ? nested(r, depth - 1) : kind === 6 ? r.some(3, () => nested(r, depth - 1)) : { '@list': r.some(3, () => nested(r, depth - 1)) }
  }
  return o
}

function mistake(r, vc) {
  const subject = Array.isArray(vc.credentialSubject) ? vc.credentialSubject[0] : vc.credentialSubject
  r.pick([
    () => { vc.undefinedHere = r.pick(WORDS) },
    () => { subject.type = 'relative' },
    () => { vc.credentialSubject = { ...subject, id: 'relative/reference' } },
    () => { vc.issuer = 'not an IRI' },
    () => { vc['@context'].push('https://context.example/unknown') },
    () => { vc['@context'].push({ type: 'urn:mine' }) },
    () => { vc['@context'].push({ issuer: 'urn:mine' }) },
    () => { vc['@context'].push(null) },
    () => { vc.name = { '@value': 'x', '@language': 'not_a_tag' } },
    () => { vc.name = { '@value': 'x', '@type': 'y z' } },
    () => { vc.name = { '@language': 'en' } },
    () => { vc.description = { '@value': null } },
    () => { subject['@unknown'] = 1 },
    () => { subject.id = null },
    () => { vc.type = [] },
    () => { vc.validFrom = { '@value': '2026-01-01T00:00:00Z', '@type': XSD + 'dateTime' } },
    () => { vc.type = { a: 1 } },
    () => { vc.credentialSubject = 'just text' },
    () => { vc['@graph'] = [] },
  ])()
}

function credential(r) {
  const two = r.chance(0.75)
  const vc = two
    ? { '@context': [V2, ...(r.chance(0.7) ? [UNDEFINED_TERMS] : [])] }
    : { '@context': [V1, ...(r.chance(0.5) ? ['https://www.w3.org/2018/credentials/examples/v1'] : [])] }
  const open = vc['@context'].length > 1
  if (open && !two) vc['@context'].push({ '@vocab': 'https://example.org/vocab#' })
  if (r.chance(0.3)) vc['@context'].push({ memberOf: { '@id': 'https://example.org/memberOf', '@type': '@id' }, data: { '@id': 'https://example.org/data', '@type': '@json' } })
  if (r.chance(0.8)) vc.id = id(r)
  vc.type = r.chance(0.5) ? ['VerifiableCredential'] : ['VerifiableCredential', ...(open ? ['ExampleCredential'] : [])]
  vc.issuer = r.chance(0.5) ? id(r) : { id: id(r), ...(two && r.chance(0.7) ? { name: text(r) } : {}) }
  if (two) {
    if (r.chance(0.8)) vc.validFrom = r.pick(['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.123+09:00'])
    if (r.chance(0.3)) vc.name = text(r)
  } else vc.issuanceDate = '2026-01-01T00:00:00Z'
  const subject = () => (open ? nested(r, 2) : { id: id(r) })
  vc.credentialSubject = r.chance(0.8) ? subject() : [subject(), subject()]
  if (r.chance(0.3)) vc.credentialStatus = { ...(r.chance(0.5) ? { id: id(r) } : {}), type: two ? 'BitstringStatusListEntry' : 'urn:type:Status', ...(two ? { statusPurpose: 'revocation', statusListIndex: String(r.int(1000)), statusListCredential: id(r) } : {}) }
  if (two && r.chance(0.2)) vc.evidence = open ? [{ type: 'Evidence', ...nested(r, 1) }] : [{ type: 'urn:type:Evidence' }]
  if (two && r.chance(0.3)) vc.proof = { type: 'DataIntegrityProof', cryptosuite: 'eddsa-rdfc-2022', created: '2026-01-01T00:00:00Z', verificationMethod: 'did:example:1#k', proofPurpose: 'assertionMethod', ...(r.chance(0.5) ? { proofValue: 'z3' } : {}), ...(r.chance(0.2) ? { domain: ['a.example', 'b.example'], challenge: 'c' } : {}) }
  if (vc['@context'].at(-1)?.data) {
    if (r.chance(0.7)) vc.data = json(r, 3)
    if (r.chance(0.5)) vc.memberOf = r.chance(0.5) ? id(r) : [id(r), bnode(r)]
  }
  if (r.safe && r.chance(0.3)) mistake(r, vc)
  if (two && r.chance(0.15)) return { '@context': [V2], type: 'VerifiablePresentation', ...(r.chance(0.5) ? { holder: id(r) } : {}), verifiableCredential: r.chance(0.5) ? [vc] : vc }
  return vc
}

function json(r, depth) {
  const kind = r.int(depth > 0 ? 7 : 5)
  return kind === 0 ? r.pick(NUMBERS) : kind === 1 ? r.pick(WORDS) : kind === 2 ? r.chance(0.5) : kind === 3 ? null : kind === 4 ? r.pick(['€', 'z', 'A'])
    : kind === 5 ? r.some(3, () => json(r, depth - 1))
      : Object.fromEntries(r.some(4, () => [r.pick(['b', 'a', 'é', '1', '10', '2', '@id', '😀', '\r']), json(r, depth - 1)]))
}

// ---- an inline context and what it makes possible ----
// What the two programs are known to see differently (jsonld.test.mjs, "known differences") is left out here, and said where.

const NAMES = ['alpha', 'beta', 'gamma', 'delta', 'eps', 'zeta', 'eta', 'theta']
const INNER = ['iota', 'kappa', 'lambda']
const CONTAINERS = [undefined, undefined, undefined, '@set', '@list', '@language', '@index', '@id', '@type', '@graph', ['@graph', '@id'], ['@graph', '@index'], ['@language', '@set'], ['@index', '@set'], ['@id', '@set'], ['@type', '@set']]
const TYPES = [undefined, undefined, undefined, '@id', '@vocab', '@json', XSD + 'date', XSD + 'integer', XSD + 'double', XSD + 'boolean', 'xsd:string', '@none']

function definition(r) {
  if (r.chance(0.25)) return r.pick(['https://example.org/p' + r.int(5), 'ex:q' + r.int(3), 'urn:p:' + r.int(3), null])
  const d = { '@id': r.pick(['https://example.org/p' + r.int(5), 'ex:q' + r.int(3), 'ex:', 'http://xmlns.com/foaf/0.1/name']) }
  if (r.chance(0.08)) return { '@reverse': d['@id'], ...(r.chance(0.5) ? { '@type': '@id' } : {}), ...(r.chance(0.3) ? { '@container': r.pick(['@set', '@index']) } : {}) }
  const container = r.pick(CONTAINERS)
  const type = r.pick(TYPES)
  if (container !== undefined) d['@container'] = container
  if (type !== undefined && (!container || ['@set', '@list', '@index'].includes(container))) d['@type'] = type
  if (container?.includes?.('@type') && r.chance(0.5)) d['@type'] = r.pick(['@id', '@vocab'])
  if (!d['@type'] && r.chance(0.2)) d['@language'] = r.pick([...LANGUAGES, null])
  if (!d['@type'] && r.chance(0.15)) d['@direction'] = r.pick(['ltr', 'rtl', null])
  if (container === '@index' && type === '@json') delete d['@type'] // which of the two comes first
  if (r.chance(0.1)) d['@protected'] = true
  if (r.chance(0.1)) d['@prefix'] = r.chance(0.5)
  if (container === '@index' && r.chance(0.3)) d['@index'] = 'ex:index'
  if (r.chance(0.06)) d['@nest'] = '@nest'
  return d
}

/** A context for a scope: some terms of `outer` mean another property, but take the same values; and a few terms are new. */
function scoped(r, outer) {
  const c = settings(r)
  for (const name of NAMES.filter((n) => outer[n] && r.chance(0.3))) {
    const { '@context': scope, '@protected': protect, ...rest } = typeof outer[name] === 'string' ? { '@id': outer[name] } : outer[name]
    c[name] = { ...rest, [rest['@reverse'] ? '@reverse' : '@id']: 'https://example.org/scoped/' + name }
  }
  for (const name of INNER.filter(() => r.chance(0.5))) {
    c[name] = { '@id': 'ex:' + name, ...r.pick([{}, {}, { '@type': XSD + 'date' }, { '@container': '@set' }, { '@language': 'sv' }, { '@container': '@list' }, { '@protected': true }]) }
  }
  return c
}

function settings(r) {
  const c = { ex: 'https://example.org/ns#', xsd: XSD }
  if (r.chance(0.3)) c['@version'] = 1.1
  if (r.chance(0.3)) c['@vocab'] = r.pick(['https://example.org/vocab/', 'ex:', '', 'urn:v:'])
  if (r.chance(0.15)) c['@language'] = r.pick([...LANGUAGES, null]) // no "@direction": jsonld.js loses it
  if (r.chance(0.1)) c['@base'] = r.pick(['https://base.example/a/b', 'https://base.example/a/?q', null])
  if (r.chance(0.1)) c['@protected'] = true
  if (r.chance(0.3)) { c.id = '@id'; c.type = '@type' }
  return c
}

function context(r) {
  const c = settings(r)
  for (const name of NAMES.filter(() => r.chance(0.6))) c[name] = definition(r)
  for (const name of NAMES.filter((n) => c[n]?.['@id'] && r.chance(0.2))) {
    // maps of types or identifiers are seen from outside, or (jsonld.js) with this context
    if (!c[name]['@index'] && !/type|id/.test(JSON.stringify(c[name]['@container']))) c[name]['@context'] = (({ [name]: own, ...others }) => others)(scoped(r, c))
  }
  const maps = NAMES.some((name) => /type|id/.test(JSON.stringify(c[name]?.['@container'])))
  for (const name of ['TypeA', 'TypeB'].filter(() => r.chance(0.5))) {
    c[name] = { '@id': 'ex:' + name }
    // not with maps of types or identifiers: how far a type's scope reaches into them
    if (!maps && r.chance(0.7)) c[name]['@context'] = { ...scoped(r, c), ...(r.chance(0.2) ? { '@propagate': r.chance(0.5) } : {}) }
  }
  return c
}

const RELATIVE = ['relative', '#f', '//host/p', '?q', '../up', 'TypeA'] // not '': jsonld.js drops it unseen
const reference = (r) => r.pick(['https://example.org/n' + r.int(4), 'ex:n' + r.int(3), bnode(r), bnode(r), 'urn:n:' + r.int(3), ...(r.safe && r.chance(0.1) ? RELATIVE : [])])

/** A node that says something: as the content of a graph. */
const speaking = (r, depth) => ({ ...node(r, r.terms, depth), 'ex:says': r.pick(WORDS) })

function listOf(r, n, make) {
  const values = r.some(n, make).filter((v) => !Array.isArray(v) && !v?.['@set']) // arrays in lists: jsonld.js makes a list of each
  return values
}

function valueOf(r, d, depth) {
  const type = d?.['@type']
  if (type === '@json') return json(r, 2)
  if (type === '@id' || type === '@vocab') return r.chance(0.7) ? reference(r) : r.pick([node(r, r.terms, depth - 1), ...(r.safe ? [r.pick(NAMES), 'TypeB'] : [])]) // relative in a list: a TypeError in jsonld.js
  if (type === XSD + 'double') return r.pick(NUMBERS) // not a text: jsonld.js rewrites it
  const kind = r.int(depth > 0 ? 12 : 7)
  return kind < 2 ? r.pick(WORDS) : kind === 2 ? r.pick(NUMBERS) : kind === 3 ? r.chance(0.5)
    : kind === 4 ? r.pick([languageValue(r), { '@value': r.pick(NUMBERS), '@type': r.pick([XSD + 'double', XSD + 'integer', 'ex:t', 'xsd:decimal']) }, { '@value': json(r, 1), '@type': '@json' }, { '@value': r.pick([true, 1, 'x', null]) }, { '@value': 'x', '@index': 'i' }])
      : kind === 5 ? { '@id': reference(r) } : kind === 6 ? r.pick([null, [], {}])
        : kind === 7 ? { '@list': listOf(r, 3, () => valueOf(r, undefined, depth - 1)) } : kind === 8 ? { '@set': r.some(3, () => valueOf(r, undefined, depth - 1)) }
          : kind === 9 ? { '@graph': r.some(2, () => node(r, r.terms, depth - 1)) } : node(r, r.terms, depth - 1)
}

function valuesOf(r, d, depth) {
  const container = [d?.['@container']].flat()
  const one = () => valueOf(r, d, depth)
  const map = (keys, make) => Object.fromEntries(r.some(3, () => [r.pick(keys), r.chance(0.3) ? r.some(2, make) : make()]))
  const inner = () => (container.includes('@graph') ? speaking(r, depth - 1) : node(r, r.terms, depth - 1))
  if (container.includes('@language')) return map([...LANGUAGES, '@none'], () => r.pick([...WORDS, null]))
  if (container.includes('@id')) return map(['https://example.org/i1', 'ex:i2', '_:i3', '@none'], inner)
  if (container.includes('@type')) { // one entry: in jsonld.js the context of one type reaches the next
    return { [r.pick(['TypeA', 'TypeB', 'ex:T', '@none'])]: r.some(3, () => (d['@type'] && r.chance(0.5) ? reference(r) : node(r, r.terms, depth - 1))) }
  }
  if (container.includes('@index')) return map(['i', 'ii', '@none'], () => (container.includes('@graph') || d['@index'] ? inner() : one()))
  if (container.includes('@graph')) return r.chance(0.6) ? inner() : [inner(), ...r.some(2, inner)]
  if (container.includes('@list')) return r.chance(0.6) ? listOf(r, 1, one)[0] ?? null : listOf(r, 4, one)
  return r.chance(0.6) ? one() : r.some(4, one)
}

function node(r, terms, depth) {
  const n = {}
  if (r.chance(0.08)) {
    n['@context'] = r.chance(0.15) ? null : scoped(r, terms)
    terms = n['@context'] ? { ...terms, ...n['@context'] } : {}
  }
  const outside = r.terms
  r.terms = terms
  if (r.chance(0.5)) n['@id'] = reference(r)
  if (r.chance(0.4)) n['@type'] = r.chance(0.6) ? r.pick(['TypeA', 'TypeB', 'ex:T', 'https://example.org/T', ...(r.chance(0.1) ? ['_:t', 'Undefined'] : [])]) : ['TypeA', 'ex:T']
  if (depth >= 0) fill(r, n, terms, depth)
  r.terms = outside
  return n
}

function fill(r, n, terms, depth) {
  for (const name of NAMES.filter((t) => t in terms && r.chance(0.3))) n[name] = valuesOf(r, terms[name], depth)
  for (const name of INNER.filter(() => r.chance(0.1))) n[name] = r.pick(WORDS)
  if (r.chance(0.3)) n['ex:free' + r.int(3)] = valuesOf(r, undefined, depth)
  if (r.chance(0.05)) n['@reverse'] = { 'ex:back': node(r, r.terms, depth - 1) }
  if (r.chance(0.04)) n['@included'] = [speaking(r, depth - 1)]
  if (r.chance(0.04)) n['@graph'] = r.some(2, () => node(r, r.terms, depth - 1))
  if (r.chance(0.04)) n['@nest'] = { 'ex:nested': r.pick(WORDS) }
  if (r.chance(0.03)) n['@index'] = 'x'
  if (r.chance(0.04)) n['undefinedTerm'] = r.pick(WORDS)
}

function graph(r) {
  const first = context(r)
  const second = r.chance(0.15) ? scoped(r, first) : undefined
  const c = { ...first, ...second }
  const document = { ...node(r, c, 2), '@context': second ? [first, second] : first }
  if (r.chance(0.2)) {
    delete document['@id']
    document['@graph'] = Array.from({ length: 1 + r.int(4) }, () => node(r, c, 1))
  }
  return document
}

/** Blank nodes that point at each other: rings, cliques, trees of equal twins. */
function cycles(r) {
  const n = 2 + r.int(5)
  const link = (to) => ({ '@id': '_:n' + to })
  const shape = r.int(3)
  const nodes = Array.from({ length: n }, (_, i) => ({
    '@id': '_:n' + i,
    next: shape === 0 ? link((i + 1) % n) : shape === 1 ? Array.from({ length: Math.min(n, 3) }, (_, k) => link(k)) : r.some(3, () => link(r.int(n))),
    ...(r.chance(0.15) ? { 'ex:mark': r.pick(WORDS) } : {}),
  }))
  return { '@context': { ex: 'https://example.org/ns#', next: { '@id': 'ex:next', ...(shape !== 1 && r.chance(0.2) ? { '@container': '@list' } : {}) } }, '@graph': nodes, ...(r.chance(0.3) ? { '@id': r.pick(['_:n0', 'ex:g', '_:g']) } : {}) }
}

/** One case: { document, safe, i18n, sha384 }. */
export function generate(r) {
  r.safe = r.chance(0.75)
  const kind = r.int(10)
  const document = kind < 5 ? credential(r) : kind < 9 ? graph(r) : cycles(r)
  return { document, safe: r.safe, i18n: r.chance(0.4), sha384: r.chance(0.2) }
}
