// Credentials of issuers named by did:web, verified over HTTP by the three real processes: the courier fetches the document from a stranger's
// server, here made with node. What does not come, or is not that DID's document, verifies nothing. req: FMT-3, NET-3
//   node foreign.mjs BUILD_DIR
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SystemClient, call, dpop, jwt, newKey } from '../../crash/system/wallet.mjs'

const BIN = resolve(process.argv[2] ?? 'build/dev', 'sealgate')
const port = Number(process.env.SEALGATE_REPLAY_PORT ?? 19450)
const BASE = `http://localhost:${port}`
const work = mkdtempSync(join(tmpdir(), 'sealgate-foreign-'))
const DIR = join(work, 'state')

let failures = 0
let cases = 0
const check = (what, good, more = '') => {
  cases++
  if (!good) { failures++; console.log(`FAILED ${what} ${more}`) }
}

// ---- strangers --------------------------------------------------------------------------------------------------
const issuerKey = newKey()
const otherKey = newKey()
const hits = new Map()
const server = createServer((req, res) => {
  hits.set(req.url, (hits.get(req.url) ?? 0) + 1)
  const name = req.url.split('/')[1]
  const did = `did:web:localhost%3A${foreign}:${name}`
  const document = (id = did) => JSON.stringify({ id, verificationMethod: [{ id: `${id}#key-1`, type: 'JsonWebKey', controller: id,
    publicKeyJwk: issuerKey.jwk }], assertionMethod: [`${id}#key-1`] })
  const send = (status, type, body, more) => { res.writeHead(status, { 'content-type': type, ...more }); res.end(body) }
  if (!req.url.endsWith('/did.json')) return send(404, 'text/plain', '')
  if (name === 'good' || name === 'forged') return send(200, 'application/did+json', document())
  if (name === 'html') return send(200, 'text/html', document())
  if (name === 'moved') return send(302, 'text/plain', '', { location: '/good/did.json' })
  if (name === 'stranger') return send(200, 'application/json', document(`did:web:localhost%3A${foreign}:good`))
  if (name === 'huge') return send(200, 'application/json', document() + ' '.repeat(100000))
  if (name === 'silent') return undefined
  return send(404, 'text/plain', '')
})
await new Promise((done) => server.listen(0, '127.0.0.1', done))
const foreign = server.address().port

const credential = (did, key = issuerKey) => jwt(key, { typ: 'vc+jwt', cty: 'vc', kid: `${did}#key-1` }, {
  '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiableCredential'], issuer: did,
  credentialSubject: { id: 'urn:example:1' }, validFrom: '2020-01-01T00:00:00Z' })
const here = (name) => `did:web:localhost%3A${foreign}:${name}`

// ---- the stack --------------------------------------------------------------------------------------------------
execFileSync(BIN, ['init', '--demo', '--dir', DIR, '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'ignore', 'ignore'] })
const supervisor = spawn(BIN, ['run', '--dir', DIR], { stdio: ['ignore', 'ignore', 'ignore'] })
async function stop() {
  spawnSync(BIN, ['stop', '--dir', DIR])
  supervisor.kill('SIGTERM')
  await sleep(300)
  server.closeAllConnections()
  server.close()
  rmSync(work, { recursive: true, force: true })
}
let ready = false
for (let i = 0; i < 200 && !ready; i++) {
  try { ready = (await call('GET', `${BASE}/readyz`, { timeout: 1000 })).status === 200 } catch { /* starting */ }
  if (!ready) await sleep(100)
}
if (!ready) {
  console.log('the gateway never became ready')
  await stop()
  process.exit(1)
}
const system = new SystemClient(BASE, DIR)
await system.signIn()
async function verify(vc) {
  const path = '/vc-api/credentials/verify'
  const answer = await call('POST', `${BASE}${path}`, { timeout: 30000,
    headers: { 'content-type': 'application/json', authorization: `DPoP ${system.token}`, dpop: dpop(system.key, 'POST', `${BASE}${path}`, system.token) },
    body: JSON.stringify({ verifiableCredential: vc, options: {} }) })
  return { status: answer.status, verified: answer.json?.verified === true, text: answer.text.slice(0, 600) }
}

// ---- what holds and what does not -------------------------------------------------------------------------------
try {
  let r = await verify(credential(here('good')))
  check('a credential of a did:web issuer', r.verified, r.text)
  check('fetched once', hits.get('/good/did.json') === 1)
  r = await verify(credential(here('good')))
  check('and again from what is at hand', r.verified && hits.get('/good/did.json') === 1, r.text)
  r = await verify(credential(here('forged'), otherKey))
  check('another key than the document names', !r.verified && r.status < 500, r.text)
  for (const name of ['html', 'stranger', 'huge', 'missing', 'moved']) {
    r = await verify(credential(here(name)))
    check(`document: ${name}`, !r.verified && r.status < 500 && hits.get(`/${name}/did.json`) === 1, r.text)
  }
  check('a redirect is not followed', hits.get('/good/did.json') === 1)
  r = await verify(credential(here('missing')))
  check('what failed is not asked for again at once', !r.verified && hits.get('/missing/did.json') === 1, r.text)
  // a server that hangs holds nobody up: others are answered while it is waited for
  const slow = verify(credential(here('silent')))
  let slowDone = false
  slow.then(() => { slowDone = true })
  while (!hits.has('/silent/did.json')) await sleep(5)
  r = await verify(credential(here('good')))
  check('others are answered meanwhile', r.verified && !slowDone, r.text)
  r = await slow
  check('a document that does not come', !r.verified && r.status < 500, r.text)
  for (const did of ['did:web:10.0.0.1', 'did:web:169.254.169.254', 'did:web:0.0.0.0', 'did:web:foreign.invalid']) {
    r = await verify(credential(did))
    check(did, !r.verified && r.status < 500, r.text)
  }
} finally {
  await stop()
}
console.log(`${cases - failures} of ${cases} cases`)
process.exit(failures === 0 ? 0 : 1)
