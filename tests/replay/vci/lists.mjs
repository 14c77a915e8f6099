// One store of statuses, every published form (req: STA-1, STA-2), over HTTP against the three real processes: an order to suspend and one to
// revoke show in the list token as JWT and as CWT and in the Bitstring lists of each purpose, all of one version. Signatures are verified here
// with node's own crypto and the published keys; CBOR, ZLIB and GZIP are read by node and by this file, not by the code under test.
//   node lists.mjs BUILD_DIR
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync, inflateSync } from 'node:zlib'
import { SystemClient, call, statusOrder } from '../../crash/system/wallet.mjs'

const BIN = resolve(process.argv[2] ?? 'build/dev', 'sealgate')
const port = Number(process.env.SEALGATE_REPLAY_PORT ?? 18540)
const BASE = `http://localhost:${port}`
const work = mkdtempSync(join(tmpdir(), 'sealgate-lists-'))
const DIR = join(work, 'state')
const LIST = `${BASE}/status/employee`

let failures = 0
let cases = 0
function check(what, is, want = true) {
  cases++
  if (JSON.stringify(is) !== JSON.stringify(want)) { failures++; console.log(`FAILED ${what}: ${JSON.stringify(is)}, want ${JSON.stringify(want)}`) }
}

// ---- the stack ------------------------------------------------------------------------------------------------
execFileSync(BIN, ['init', '--demo', '--dir', DIR, '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'ignore', 'ignore'] })
const supervisor = spawn(BIN, ['run', '--dir', DIR], { stdio: ['ignore', 'ignore', 'ignore'] })
const stop = () => { spawnSync(BIN, ['stop', '--dir', DIR]); supervisor.kill('SIGTERM'); rmSync(work, { recursive: true, force: true }) }
process.on('uncaughtException', (e) => { console.log(`FAILED ${e.stack}`); stop(); process.exit(1) })
let ready = false
for (let i = 0; i < 200 && !ready; i++) {
  try { ready = (await call('GET', `${BASE}/readyz`, { timeout: 1000 })).status === 200 } catch { /* starting */ }
  if (!ready) await sleep(100)
}
if (!ready) { console.log('the gateway never became ready'); stop(); process.exit(1) }

// ---- reading, by other means than ours -----------------------------------------------------------------------------
const get = async (url, accept, more = {}) => {
  const answer = await fetch(url, { headers: { ...(accept && { accept }), ...more } })
  return { status: answer.status, type: answer.headers.get('content-type'), etag: answer.headers.get('etag'), vary: answer.headers.get('vary'),
    cors: answer.headers.get('access-control-allow-origin'), body: Buffer.from(await answer.arrayBuffer()) }
}

/** CBOR of definite lengths: numbers, byte strings (Buffer), texts, arrays, maps (Map), tags ({tag, value}). */
function cbor(bytes) {
  let at = 0
  const one = () => {
    const first = bytes[at++]
    const major = first >> 5
    let n = first & 31
    if (n >= 24) { const width = 1 << (n - 24); n = bytes.readUIntBE(at, Math.min(width, 6)); at += width }
    if (major === 0) return n
    if (major === 1) return -1 - n
    if (major === 2 || major === 3) { const s = bytes.subarray(at, at + n); at += n; return major === 2 ? s : s.toString('utf8') }
    if (major === 4) return Array.from({ length: n }, one)
    if (major === 5) return new Map(Array.from({ length: n }, () => [one(), one()]))
    if (major === 6) return { tag: n, value: one() }
    throw new Error('not used here')
  }
  const value = one()
  if (at !== bytes.length) throw new Error('bytes behind the end')
  return value
}
const bstr = (b) => Buffer.concat([b.length < 24 ? Buffer.from([0x40 | b.length]) : b.length < 256 ? Buffer.from([0x58, b.length])
  : b.length < 65536 ? Buffer.from([0x59, b.length >> 8, b.length & 255]) : Buffer.from([0x5a, ...Buffer.from([b.length >>> 24, b.length >>> 16, b.length >>> 8, b.length].map((x) => x & 255))]), b])

const keys = (await call('GET', `${BASE}/.well-known/jwks.json`)).json.keys
const keyOf = (kid) => createPublicKey({ key: keys.find((k) => k.kid === kid), format: 'jwk' })
const signedBy = (kid, input, signature) => verify('sha256', input, { key: keyOf(kid), dsaEncoding: 'ieee-p1363' }, signature)

function readJwt(body) {
  const [header, payload, signature] = body.toString().split('.')
  const head = JSON.parse(Buffer.from(header, 'base64url'))
  return { head, claims: JSON.parse(Buffer.from(payload, 'base64url')),
    verified: signedBy(head.kid, Buffer.from(`${header}.${payload}`), Buffer.from(signature, 'base64url')) }
}
function readCwt(body) {
  const { tag, value: [protectedHeader, unprotectedHeader, payload, signature] } = cbor(body)
  const head = cbor(protectedHeader)
  const input = Buffer.concat([Buffer.from([0x84, 0x6a]), Buffer.from('Signature1'), bstr(protectedHeader), Buffer.from([0x40]), bstr(payload)])
  return { tag, head, unprotectedHeader, claims: cbor(payload), verified: signedBy(Buffer.from(head.get(4)).toString('base64url'), input, signature) }
}
/** Two bits each, least significant first. */
const tokenValue = (raw, idx) => (raw[idx >> 2] >> ((idx & 3) * 2)) & 3
/** `size` bits each, left to right. */
function bitstringValue(raw, idx, size) {
  let value = 0
  for (let bit = idx * size; bit < (idx + 1) * size; bit++) value = value << 1 | (raw[bit >> 3] >> (7 - (bit & 7))) & 1
  return value
}

/** Data Integrity 1.0, ecdsa-jcs-2019: RFC 8785 is sorting here, as names are ASCII and numbers whole. */
const jcs = (v) => Array.isArray(v) ? `[${v.map(jcs)}]` : v && typeof v === 'object' ? `{${Object.keys(v).sort().map((k) => `${JSON.stringify(k)}:${jcs(v[k])}`)}}` : JSON.stringify(v)
function base58(text) {
  let n = 0n
  for (const c of text) n = n * 58n + BigInt('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'.indexOf(c))
  return Buffer.from(n.toString(16).padStart(128, '0'), 'hex')
}
function readJson(body, kid) {
  const { proof, ...document } = JSON.parse(body)
  const { proofValue, ...config } = proof
  const hash = (v) => createHash('sha256').update(jcs(v)).digest()
  return { document, proof, verified: signedBy(kid, Buffer.concat([hash(config), hash(document)]), base58(proofValue.slice(1))) }
}

const CWT = 'application/statuslist+cwt'
const VC = 'application/vc+jwt'
async function all() {
  const jwt = readJwt((await get(LIST)).body)
  const cwt = readCwt((await get(LIST, CWT)).body)
  const vcs = {}
  for (const purpose of ['revocation', 'suspension', 'message']) vcs[purpose] = readJwt((await get(`${LIST}/${purpose}`)).body)
  return { jwt, cwt, vcs, iats: [jwt.claims.iat, cwt.claims.get(6), ...Object.values(vcs).map((v) => Date.parse(v.claims.validFrom) / 1000)] }
}
/** All forms of one version (a version may change between two requests). */
async function oneVersion(wanted) {
  for (let i = 0; i < 200; i++) {
    const forms = await all()
    if (new Set(forms.iats).size === 1 && wanted(forms)) return forms
    await sleep(100)
  }
  console.log('FAILED the wanted version never came'); stop(); process.exit(1)
}

// ---- negotiation ---------------------------------------------------------------------------------------------------
check('default is JWT', (await get(LIST, '*/*')).type, 'application/statuslist+jwt')
check('as CWT', (await get(LIST, CWT)).type, CWT)
check('CWT preferred', (await get(LIST, `application/statuslist+jwt;q=0.5, ${CWT}`)).type, CWT)
check('CWT less wanted', (await get(LIST, `application/statuslist+jwt, ${CWT};q=0.5`)).type, 'application/statuslist+jwt')
check('something else', (await get(LIST, 'text/html')).status, 406)
check('a purpose', (await get(`${LIST}/revocation`)).type, VC)
check('a purpose as something else', (await get(`${LIST}/revocation`, 'text/html')).status, 406)
check('no such purpose', (await get(`${LIST}/refresh`)).status, 404)
check('no such list', (await get(`${BASE}/status/nothing/revocation`)).status, 404)
check('history', (await get(`${LIST}/revocation?timestamp=2026-01-01T00:00:00Z`)).status, 501)
check('history of the short name', (await get(`${LIST}.bitstring?timestamp=2026-01-01T00:00:00Z`)).status, 501)
const cwt = await get(LIST, CWT)
check('open to browsers', cwt.cors, '*')
check('varies', cwt.vary, 'Accept, Accept-Encoding')
check('unchanged', (await get(LIST, CWT, { 'if-none-match': cwt.etag })).status, 304)
check('forms have their own tags', new Set([cwt.etag, (await get(LIST)).etag, (await get(`${LIST}/revocation`)).etag, (await get(`${LIST}/message`)).etag]).size, 4)

check('a purpose as JSON-LD', (await get(`${LIST}/revocation`, 'application/ld+json, application/json')).type, 'application/ld+json')
check('a purpose as JSON', (await get(`${LIST}/revocation`, 'application/json')).type, 'application/json')
check('a purpose as a credential', (await get(`${LIST}/revocation`, 'application/vc')).type, 'application/vc')
check('revocations under their short name', (await get(`${LIST}.bitstring`, 'application/json')).body.toString(), (await get(`${LIST}/revocation`, 'application/json')).body.toString())
check('the short name as vc+jwt', (await get(`${LIST}.bitstring`)).type, VC)
check('the short name of nothing', (await get(`${BASE}/status/.bitstring`)).status, 404)
check('the short name of no list', (await get(`${BASE}/status/nothing.bitstring`)).status, 404)
for (const purpose of ['revocation', 'suspension', 'message']) {
  const { head, claims } = readJwt((await get(`${LIST}/${purpose}`)).body)
  const json = readJson((await get(`${LIST}/${purpose}`, 'application/vc')).body, head.kid)
  check(`${purpose} as JSON: proof`, json.verified, true)
  check(`${purpose} as JSON: suite`, json.proof.cryptosuite, 'ecdsa-jcs-2019')
  check(`${purpose} as JSON: its issuer signs`, json.proof.verificationMethod.split('#')[0], json.document.issuer)
  check(`${purpose} as JSON: the same bits`, json.document.credentialSubject.encodedList, claims.credentialSubject.encodedList)
}

// ---- before any order ------------------------------------------------------------------------------------------------
const before = await oneVersion(() => true)
for (const [what, form] of [['jwt', before.jwt], ['cwt', before.cwt], ...Object.entries(before.vcs)]) check(`${what} verifies`, form.verified)
check('tag 18', before.cwt.tag, 18)
check('typ of the CWT', before.cwt.head.get(16), CWT)
check('sub of the CWT', before.cwt.claims.get(2), LIST)
check('exp is the same', before.cwt.claims.get(4), before.jwt.claims.exp)
check('ttl is the same', before.cwt.claims.get(65534), before.jwt.claims.ttl)
check('nothing is set', inflateSync(before.cwt.claims.get(65533).get('lst')).every((b) => b === 0))

// ---- suspend one, revoke another ------------------------------------------------------------------------------------------
const system = new SystemClient(BASE, DIR)
await system.signIn()
const order = async (idx, value) => {
  const answer = await system.api('POST', '/v1/status', statusOrder(system.key, system.id, LIST, idx, value))
  check(`order ${idx} ${value}`, answer.status, 200)
}
const value = (forms, idx) => tokenValue(inflateSync(Buffer.from(forms.jwt.claims.status_list.lst, 'base64url')), idx)
const expectForms = (what, forms, values) => {
  const lists = {}
  for (const [purpose, { head, claims, verified }] of Object.entries(forms.vcs)) {
    const subject = claims.credentialSubject
    check(`${what}: ${purpose} verifies`, verified)
    check(`${what}: ${purpose} header`, [head.typ, head.cty], ['vc+jwt', 'vc'])
    check(`${what}: ${purpose} id`, claims.id, `${LIST}/${purpose}`)
    check(`${what}: ${purpose} type`, claims.type, ['VerifiableCredential', 'BitstringStatusListCredential'])
    check(`${what}: ${purpose} purpose`, [subject.type, subject.statusPurpose], ['BitstringStatusList', purpose])
    check(`${what}: ${purpose} ttl in milliseconds`, subject.ttl, forms.jwt.claims.ttl * 1000)
    check(`${what}: ${purpose} ends with the token`, Date.parse(claims.validUntil) / 1000, forms.jwt.claims.exp)
    check(`${what}: ${purpose} prefix`, subject.encodedList[0], 'u')
    lists[purpose] = gunzipSync(Buffer.from(subject.encodedList.slice(1), 'base64url'))
    check(`${what}: ${purpose} has enough entries`, lists[purpose].length * 8 >= 131072)
  }
  check(`${what}: message size`, forms.vcs.message.claims.credentialSubject.statusSize, 2)
  check(`${what}: messages`, forms.vcs.message.claims.credentialSubject.statusMessage.map((m) => m.status), ['0x0', '0x1', '0x2', '0x3'])
  const raw = inflateSync(forms.cwt.claims.get(65533).get('lst'))
  check(`${what}: cwt verifies`, forms.cwt.verified)
  for (const [idx, want] of values) {
    check(`${what}: jwt ${idx}`, value(forms, idx), want)
    check(`${what}: cwt ${idx}`, tokenValue(raw, idx), want)
    check(`${what}: revocation ${idx}`, bitstringValue(lists.revocation, idx, 1), want === 1 ? 1 : 0)
    check(`${what}: suspension ${idx}`, bitstringValue(lists.suspension, idx, 1), want === 2 ? 1 : 0)
    check(`${what}: message ${idx}`, bitstringValue(lists.message, idx, 2), want)
  }
}
await order(5, 2)
await order(12, 1)
expectForms('ordered', await oneVersion((f) => value(f, 5) === 2 && value(f, 12) === 1), [[4, 0], [5, 2], [6, 0], [11, 0], [12, 1], [13, 0]])
await order(5, 0)
expectForms('reinstated', await oneVersion((f) => value(f, 5) === 0), [[5, 0], [12, 1]])

stop()
console.log(`${cases} cases, ${failures} failed`)
process.exit(failures === 0 ? 0 : 1)
