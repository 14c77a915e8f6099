// Level 3 from enrolment to evidence, over the three real processes: what a maker's attestation lets in and what it keeps out, two officers who confirm, a key of
// level 3, a presentation, and what whoever holds it reads in its record. req: SIG-8, AU-2, AU-3, EV-2
//   node level3.mjs BUILD_DIR
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { call } from '../../crash/system/wallet.mjs'
import { Authenticator, Maker, unb64u } from './authenticator.mjs'
import { Browser, invite } from './browser.mjs'

const BIN = resolve(process.argv[2] ?? 'build/dev', 'sealgate')
const port = Number(process.env.SEALGATE_REPLAY_PORT ?? 19560)
const BASE = `http://localhost:${port}`
const work = mkdtempSync(join(tmpdir(), 'sealgate-level3-'))
const DIR = join(work, 'state')

let failures = 0
let cases = 0
const check = (what, good, more = '') => {
  cases++
  if (!good) { failures++; console.log(`FAILED ${what} ${typeof more === 'string' ? more : JSON.stringify(more)}`.slice(0, 1500)) }
  return good
}
const expect = (what, answer, status, code) => check(what, answer.status === status && (code === undefined || answer.json?.code === code),
  `status ${answer.status}, want ${status} ${code ?? ''}: ${answer.text.slice(0, 400)}`)

// ---- the verifier ---------------------------------------------------------------------------------------------------------
const posts = new Map()
const server = createServer((req, res) => {
  let body = ''
  req.on('data', (d) => { body += d })
  req.on('end', () => {
    const form = new URLSearchParams(body)
    posts.set(form.get('state'), form)
    res.writeHead(200, { 'content-type': 'application/json' })
    res.end('{}')
  })
})
await new Promise((done) => server.listen(0, '127.0.0.1', done))
const RESPONSE = `http://localhost:${server.address().port}/response`
let requests = 0
const request = () => ({ client_id: `redirect_uri:${RESPONSE}`, response_uri: RESPONSE, response_type: 'vp_token', response_mode: 'direct_post',
  nonce: randomBytes(16).toString('base64url'), state: `state-${++requests}`,
  dcql_query: { credentials: [{ id: 'badge', format: 'dc+sd-jwt', meta: { vct_values: [`${BASE}/credentials/employee_badge`] }, claims: [{ path: ['given_name'] }] }] },
  client_metadata: { vp_formats_supported: { 'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256'], 'kb-jwt_alg_values': ['ES256'] } } } })

// ---- the stack, which knows one maker of authenticators ---------------------------------------------------------------------
const maker = new Maker()
const stranger = new Maker()
execFileSync(BIN, ['init', '--demo', '--dir', DIR, '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'ignore', 'inherit'] })
mkdirSync(join(DIR, 'makers'), { mode: 0o755 })
writeFileSync(join(DIR, 'makers/known.pem'), maker.pem, { mode: 0o644 })
appendFileSync(join(DIR, 'conf/signer.ini'), '\nattestation_roots = makers\n')
const supervisor = spawn(BIN, ['run', '--dir', DIR], { stdio: ['ignore', 'ignore', 'ignore'] })
const stop = () => { spawnSync(BIN, ['stop', '--dir', DIR]); supervisor.kill('SIGTERM'); server.closeAllConnections(); server.close(); rmSync(work, { recursive: true, force: true }) }
process.on('uncaughtException', (e) => { console.log(e); stop(); process.exit(1) })
let ready = false
for (let i = 0; i < 300 && !ready; i++) {
  try { ready = (await call('GET', `${BASE}/readyz`, { timeout: 1000 })).status === 200 } catch { /* starting */ }
  if (!ready) await sleep(100)
}
if (!ready) { console.log('the gateway never became ready'); console.log(spawnSync('sh', ['-c', `tail -n 8 ${DIR}/run/*.log`], { encoding: 'utf8' }).stdout); stop(); process.exit(1) }

const sealgate = (...args) => spawnSync(BIN, [...args, '--dir', DIR], { encoding: 'utf8' })
const officers = [1, 2].flatMap((n) => ['--operator', `${DIR}/operators/operator${n}.json`])

// ---- enrolment: what is not good enough, then what is (sole-control checklist, 5: "level 3 may require BE=0 and attestation"; WebAuthn 8.2) ----
const invited = invite(BIN, DIR, ['--level', '3'])
const good = new Authenticator({ origin: BASE, attestation: 'packed', maker })
const rin = new Browser(BASE, { device: good })
async function offer(device, over = {}, purpose = 'sign') {
  const opened = await rin.post('/account/enrol/open', { link: invited.link, code: invited.code, purpose })
  if (opened.status !== 200) throw new Error(`enrol/open: ${opened.status} ${opened.text}`)
  check('attestation is asked for', opened.json.publicKey.attestation === 'direct', opened.text)
  const credential = device.create(opened.json.publicKey, over)
  return rin.post('/account/enrol/finish', { session: opened.json.session, credential })
}
const device = (more) => new Authenticator({ origin: BASE, attestation: 'packed', maker, ...more })
expect('not attested', await offer(device({ attestation: 'none' })), 403)
expect('attested by itself', await offer(device({ attestation: 'self' })), 403)
expect('attested by a maker nobody knows', await offer(device({ maker: stranger })), 403)
expect('attested, but it syncs', await offer(device({ backup: true })), 403)
expect('attested, syncs one day', await offer(device(), { flags: 1 | 4 | 8 | 64 }), 403)
expect('the certificate is of another model', await offer(device(), { aaguid: randomBytes(16) }), 403)
expect('the user was not verified', await offer(device(), { uv: false }), 403)
{
  const forged = device()
  forged.maker = Object.assign(Object.create(maker), { batchKey: stranger.batchKey }) // our maker's certificate, a stranger's key
  expect('the maker\'s certificate, somebody else\'s signature', await offer(forged), 403)
}
const enrolled = await offer(good)
expect('attested by a known maker, bound to its device', enrolled, 200)
check('attested, and it waits for the officers', enrolled.json?.attested === true && enrolled.json?.state === 'waits', enrolled.text)
const signKey = good.credentials.at(-1)
const login = await offer(good, {}, 'login')
expect('a passkey for logging in', login, 200)
const logged = await rin.login({}, good.credentials.at(-1))
expect('log in', logged, 200)
const signing = (options, over = {}) => good.get(options, { credential: signKey, ...over })

// ---- nothing signs before two officers have compared the fingerprint ---------------------------------------------------------------
expect('no key before that', await rin.post('/account/keys', { alg: 'ES256', level: 3 }), 403)
const shown = sealgate('person', 'show', invited.person, '--json')
const passkey = JSON.parse(shown.stdout).passkeys.find((p) => p.purpose === 'sign')
check('an officer sees it: attested, waiting, the fingerprint that the page showed', passkey?.attested === true && passkey.state === 'waits', shown.stdout)
check('the same fingerprint on the page and for the officer', enrolled.json.fingerprint.replace(/[^0-9a-fA-F]/g, '').length >= 16 &&
  JSON.stringify(passkey).replace(/[^0-9a-fA-F]/g, '').toLowerCase().includes(enrolled.json.fingerprint.replace(/[^0-9a-fA-F]/g, '').toLowerCase()), `${enrolled.text} ${shown.stdout}`)
const alone = sealgate('person', 'confirm', invited.person, '--passkey', passkey.thumbprint, ...officers.slice(0, 2))
expect('one officer is not enough', await rin.post('/account/keys', { alg: 'ES256', level: 3 }), 403)
const both = sealgate('person', 'confirm', invited.person, '--passkey', passkey.thumbprint, ...officers)
check('two are', alone.status === 0 && both.status === 0, `${alone.stderr} ${both.stderr}`)

// ---- a key of level 3, a credential bound to it, a presentation -------------------------------------------------------------------------
const key = await rin.post('/account/keys', { alg: 'ES256', level: 3 })
expect('a key of level 3', key, 201)
check('it says so', key.json?.level === 3, key.text)
writeFileSync(join(work, 'holder.jwk'), JSON.stringify(key.json.jwk))
const issued = sealgate('issue', '--configuration', 'employee_badge_sd_jwt', '--claims', 'conf/demo/claims.json', '--holder-jwk', join(work, 'holder.jwk'))
check('a credential bound to it', issued.status === 0, issued.stderr)
const credential = issued.stdout.trim()
const ask = (r) => rin.post('/vp/presentations', { request: r, delivery: 'post', language: 'en', credentials: [{ format: 'dc+sd-jwt', value: credential }] })
const approve = (q, assertion) => rin.post(`/vp/presentations/${q.json.id}/approve`, { credential: assertion })

const first = request()
const open = await ask(first)
expect('asked', open, 201)
check('only the attested passkey may answer', open.json.publicKey.allowCredentials.length === 1 &&
  unb64u(open.json.publicKey.allowCredentials[0].id).equals(signKey.id), open.json.publicKey)
expect('a gesture of the login passkey', await approve(open, good.get(open.json.publicKey, { credential: good.credentials.at(-1) })), 403)
expect('a gesture that says it may sync', await approve(open, signing(open.json.publicKey, { flags: 1 | 4 | 8 })), 403)
expect('a gesture without verification', await approve(open, signing(open.json.publicKey, { uv: false })), 403)
check('nothing went out', !posts.has(first.state))
const done = await approve(open, signing(open.json.publicKey))
expect('approved', done, 200)
check('delivered', done.json?.state === 'delivered' && posts.has(first.state), done.text)
const presentation = JSON.parse(posts.get(first.state).get('vp_token')).badge[0]

const count = signKey.count
for (const [what, n] of [['stands still', count], ['goes back', 1], ['is gone', 0]]) {
  const r = request()
  const q = await ask(r)
  expect(`a copy whose counter ${what}`, await approve(q, signing(q.json.publicKey, { count: n })), 403)
  check(`a copy whose counter ${what}: nothing went out`, !posts.has(r.state))
}

// ---- the evidence, from the presentation alone ---------------------------------------------------------------------------------------------
/* Enough of CBOR to read a record's map: unsigned integers, bytes, text, arrays, maps, booleans. */
function cbor(buf) {
  let at = 0
  const item = () => {
    const first = buf[at++]
    const major = first >> 5
    let n = first & 31
    if (major === 7) return n === 21
    if (n >= 24) { const size = 1 << (n - 24); n = Number(buf.subarray(at, at + size).reduce((a, b) => a * 256n + BigInt(b), 0n)); at += size }
    if (major === 0) return n
    if (major === 1) return -1 - n
    if (major === 2 || major === 3) { const part = buf.subarray(at, at + n); at += n; return major === 2 ? part : part.toString() }
    if (major === 4) return Array.from({ length: n }, item)
    return new Map(Array.from({ length: n }, () => [item(), item()]))
  }
  return item()
}
const file = join(work, 'presentation.txt')
const bundle = join(work, 'evidence.json')
writeFileSync(file, presentation)
const got = sealgate('evidence', 'get', file, '--out', bundle)
check('evidence get', got.status === 0, got.stderr)
const verified = sealgate('evidence', 'verify', bundle, '--object', file, '--json')
check('evidence verify', verified.status === 0, verified.stdout + verified.stderr)
const consent = cbor(Buffer.from(JSON.parse(readFileSync(bundle)).consent.body, 'base64url'))
const LEVEL = 12 // docs/wire, CONSENT
check('the record says level 3', consent.get(LEVEL) === 3, String(consent.get(LEVEL)))
const page = await (await fetch(`${BASE}/evidence`, { method: 'POST', body: new URLSearchParams({ object: presentation }) })).text()
check('the page for people says it too', /level[^<]*<\/[a-z]+>\s*<[a-z]+[^>]*>\s*3\s*</i.test(page), page.replace(/\s+/g, ' ').slice(0, 4000))

// ---- a further passkey is held to the same ------------------------------------------------------------------------------------------------------
for (const [what, other, good] of [['not attested', device({ attestation: 'none' }), false], ['of a maker nobody knows', device({ maker: stranger }), false],
  ['that syncs', device({ backup: true }), false], ['attested', device(), true]]) {
  const opened = await rin.post('/account/passkeys/options', { purpose: 'sign' })
  expect(`a further passkey ${what}: options`, opened, 200)
  const made = await rin.post('/account/passkeys', { session: opened.json.session, credential: other.create(opened.json.publicKey), label: 'second' })
  check(`a further passkey ${what}: ${good ? 'waits for a gesture' : 'refused'}`, good ? made.status === 200 || made.status === 201 : made.status === 403, `${made.status} ${made.text}`)
}

// ---- an auditor's replay ---------------------------------------------------------------------------------------------------------------------------
const audit = sealgate('ledger', 'verify')
check('the ledger holds', audit.status === 0, audit.stdout + audit.stderr)
stop()
console.log(`${cases} cases, ${failures} failed`)
process.exit(failures === 0 ? 0 : 1)
