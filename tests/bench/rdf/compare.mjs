// rdf-canonize on the datasets of bench_rdf, beside the figures it left there. usage: compare.mjs FOLDER (compare.sh)
// Best of the rounds of one second and a half each step, after as long to warm up; small datasets are done many times in a round, as in C.
// Node is given its faster form: the public asynchronous one, or the synchronous one of its tests.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import rdfCanonize from 'rdf-canonize'

const folder = process.argv[2]
const ROUND_QUADS = 2000
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

const us = (n) => n.toFixed(1).padStart(10)
const times = (n) => `${n.toFixed(1)}x`.padStart(8)
console.log(`rdf-canonize on Node ${process.version}, microseconds; growth: time for each quad, beside that at the size before`)
console.log('dataset           C us    async us     sync us  C is faster (async, sync)  with parsing  growth C, Node')
let before
for (const row of JSON.parse(readFileSync(path.join(folder, 'c.json'), 'utf8'))) {
  const text = readFileSync(path.join(folder, row.file), 'utf8')
  const dataset = rdfCanonize.NQuads.parse(text)
  const n = dataset.length
  const async = await best(n, () => rdfCanonize.canonize(dataset, options))
  const sync = await best(n, () => rdfCanonize._canonizeSync(dataset, options))
  const whole = n > 1000 ? undefined : await best(n, () => rdfCanonize.canonize(text, { ...options, inputFormat: 'application/n-quads' }))
  const perQuad = { c: row.canonicalize / n, node: Math.min(async, sync) / n, shape: row.file.split('-')[0] }
  const same = before?.shape === perQuad.shape
  console.log(row.file.replace('.nq', '').padEnd(12), us(row.canonicalize), us(async), us(sync), times(async / row.canonicalize), times(sync / row.canonicalize).padEnd(16),
    whole === undefined ? '     (quadratic)' : times(whole / (row.parse + row.canonicalize)).padEnd(16),
    same ? `${(perQuad.c / before.c).toFixed(2)}, ${(perQuad.node / before.node).toFixed(2)}` : '')
  before = perQuad
}
