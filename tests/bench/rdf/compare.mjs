// rdf-canonize beside our C on the datasets that bench_rdf wrote. usage: compare.mjs FOLDER BENCH_RDF (compare.sh)
// Both get what their parser makes of the same N-Quads file, and both end with the canonical N-Quads as one string, which must be
// the same bytes; reading is timed apart. In C the map of labels, the lines one by one and the wiping of all memory are in the time.
// Best of many rounds on each side: Node one and a half seconds for each step, after as long to warm up; C half a second before
// and half a second after Node, so that what else the machine does meets both. Small datasets are done many times in a round.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import rdfCanonize from 'rdf-canonize'

const [folder, bench] = process.argv.slice(2)
const ROUND_QUADS = 250 // a fraction of a millisecond, as in C: short enough to pass between two interruptions
const SPAN = 1500
const options = { algorithm: 'RDFC-1.0', maxWorkFactor: 3 }

async function best(n, step) {
  const each = Math.max(1, Math.floor(ROUND_QUADS / n))
  let least = Infinity
  for (const span of [SPAN, SPAN]) {
    least = Infinity
    const end = performance.now() + span
    do {
      const from = performance.now()
      for (let i = 0; i < each; i++) await step()
      least = Math.min(least, ((performance.now() - from) * 1000) / each)
    } while (performance.now() < end)
  }
  return least
}

const ours = (name) => JSON.parse(spawnSync(bench, [folder, name], { encoding: 'utf8' }).stdout)
const us = (n) => n.toFixed(1).padStart(10)
const times = (n) => `${n.toFixed(1)}x`.padStart(8)
console.log(`RDFC-1.0 of parsed quads to canonical N-Quads: C beside rdf-canonize on Node ${process.version}, its asynchronous (public) and its
synchronous (of its tests) form, microseconds. "parsing too": from text to text. "beside n log n": time by n log n, with that of
10 quads as 1; not above 1 is growth no faster than n log n.`)
console.log('dataset            C us   async us    sync us  C faster: async     sync  parsing too  beside n log n: C  async   sync')
for (const shape of ['plain', 'alike']) {
  let first
  for (const n of [10, 100, 1000, 10000]) {
    const name = `${shape}-${n}`
    const text = readFileSync(path.join(folder, `${name}.nq`), 'utf8')
    const dataset = rdfCanonize.NQuads.parse(text)
    const want = readFileSync(path.join(folder, `${name}.c14n`), 'utf8')
    if ((await rdfCanonize.canonize(dataset, options)) !== want || rdfCanonize._canonizeSync(dataset, options) !== want) {
      console.log(`${name}: the results differ`)
      process.exit(1)
    }
    const before = ours(name)
    const async = await best(n, () => rdfCanonize.canonize(dataset, options))
    const sync = await best(n, () => rdfCanonize._canonizeSync(dataset, options))
    const whole = n > 1000 ? undefined : await best(n, () => rdfCanonize.canonize(text, { ...options, inputFormat: 'application/n-quads' }))
    const after = ours(name)
    const c = Math.min(before.canonicalize, after.canonicalize)
    const parse = Math.min(before.parse, after.parse)
    const growth = [c, async, sync].map((t) => t / (n * Math.log2(n)))
    first ??= growth
    console.log(name.padEnd(12), us(c), us(async), us(sync), times(async / c).padStart(16), times(sync / c),
      (whole === undefined ? '(quadratic)' : times(whole / (parse + c))).padStart(12), ' '.repeat(12),
      ...growth.map((g, i) => (g / first[i]).toFixed(2).padStart(6)))
  }
}
