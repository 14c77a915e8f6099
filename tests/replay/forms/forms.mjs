// Every credential configuration of the demo, over OpenID4VCI and directly, against the three real processes (req: FMT-1..FMT-5, PRO-1): what stands
// in the metadata, what comes back, whom it is bound to, that it verifies offline and that its evidence is found by the object alone (EV-2). Then
// the other way: with a key suspended by an operator, with its published status changed, and with the status out of reach every format is
// refused, and refused alike (SIG-2).
//   node forms.mjs BUILD_DIR
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SystemClient, Wallet, call, dpop, jwt, newKey, proof } from '../../crash/system/wallet.mjs'

const BIN = resolve(process.argv[2] ?? 'build/dev', 'sealgate')
const port = Number(process.env.SEALGATE_REPLAY_PORT ?? 18560)
const BASE = `http://localhost:${port}`
const work = mkdtempSync(join(tmpdir(), 'sealgate-forms-'))
const DIR = join(work, 'state')
const claims = JSON.parse(readFileSync(new URL('../../../conf/demo/claims.json', import.meta.url)))
const CREDENTIAL = `${BASE}/oid4vci/credential`
const now = () => Math.floor(Date.now() / 1000)
const b64u = (x) => Buffer.from(x).toString('base64url')

let failures = 0
let cases = 0
function check(what, got, want) {
  cases++
  if (JSON.stringify(got) !== JSON.stringify(want)) { failures++; console.log(`FAILED ${what}: ${JSON.stringify(got)?.slice(0, 300)}, want ${JSON.stringify(want)}`) }
}
const holds = (what, yes, detail = '') => { cases++; if (!yes) { failures++; console.log(`FAILED ${what} ${String(detail).slice(0, 300)}`) } }

// ---- the stack ------------------------------------------------------------------------------------------------
const sealgate = (...args) => spawnSync(BIN, [...args, '--dir', DIR], { encoding: 'utf8', timeout: 60000 })
execFileSync(BIN, ['init', '--demo', '--dir', DIR, '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'ignore', 'ignore'] })
const supervisor = spawn(BIN, ['run', '--dir', DIR], { stdio: ['ignore', 'ignore', 'ignore'] })
let stopped // a process that was stopped to test what happens
function stop(code) {
  if (stopped) try { process.kill(stopped, 'SIGCONT') } catch { /* gone */ }
  spawnSync(BIN, ['stop', '--dir', DIR])
  supervisor.kill('SIGTERM')
  rmSync(work, { recursive: true, force: true })
  process.exit(code)
}
process.on('uncaughtException', (e) => { console.log(e); stop(1) })
for (let i = 0, ready = false; !ready; i++) {
  try { ready = (await call('GET', `${BASE}/readyz`, { timeout: 1000 })).status === 200 } catch { /* starting */ }
  if (i === 200) { console.log('the gateway never became ready'); stop(1) }
  if (!ready) await sleep(100)
}
const system = new SystemClient(BASE, DIR)
await system.signIn()

// ---- metadata (OpenID4VCI 1.0, 12.2.4 and App. A) ------------------------------------------------------------------
const metadata = (await call('GET', `${BASE}/.well-known/openid-credential-issuer`)).json
const configurations = metadata.credential_configurations_supported
const ids = Object.keys(configurations)
const promised = { employee_badge_sd_jwt: 'dc+sd-jwt', employee_badge_mdoc: 'mso_mdoc', employee_badge_jwt: 'vc+jwt', employee_badge_vc_sd_jwt: 'vc+sd-jwt',
  employee_badge_cose: 'vc+cose', employee_badge_ldp_ecdsa_rdfc: 'ldp_vc', employee_badge_ldp_eddsa_rdfc: 'ldp_vc', employee_badge_ldp_ecdsa_jcs: 'ldp_vc',
  employee_badge_ldp_eddsa_jcs: 'ldp_vc', employee_badge_ldp_ecdsa_sd: 'ldp_vc' }
for (const [id, format] of Object.entries(promised)) check(`${id} is there`, configurations[id]?.format, format)
for (const [id, c] of Object.entries(configurations)) {
  const algs = c.credential_signing_alg_values_supported
  check(`${id}: one algorithm`, algs.length, 1)
  holds(`${id}: nothing of ours is published`, !('sealgate' in c) && !('seal_key' in c), JSON.stringify(c))
  holds(`${id}: metadata for wallets`, c.credential_metadata.display.length === 2 && c.credential_metadata.claims.length > 5)
  if (c.format === 'mso_mdoc') {
    check(`${id}: doctype`, c.doctype, 'org.example.employee_badge.1')
    check(`${id}: algorithms are numbers (A.2.2)`, algs, [-7])
    check(`${id}: binding`, c.cryptographic_binding_methods_supported, ['cose_key'])
    holds(`${id}: two names at least in a path (C)`, c.credential_metadata.claims.every((e) => e.path.length === 2 && e.path[0] === c.doctype))
  } else if (c.format === 'dc+sd-jwt') {
    check(`${id}: vct`, c.vct, `${BASE}/credentials/employee_badge`)
    check(`${id}: binding`, c.cryptographic_binding_methods_supported, ['jwk'])
  } else {
    check(`${id}: type`, c.credential_definition.type, ['VerifiableCredential', 'EmployeeBadgeCredential'])
    check(`${id}: first context`, c.credential_definition['@context'][0], 'https://www.w3.org/ns/credentials/v2')
    holds(`${id}: binding`, ['jwk', 'did:key', 'did:jwk'].every((m) => c.cryptographic_binding_methods_supported.includes(m)))
    holds(`${id}: paths lead into the document`, c.credential_metadata.claims.every((e) => e.path[0] === 'credentialSubject'))
  }
}

// ---- holders named by a DID ---------------------------------------------------------------------------------------------
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
function base58(bytes) {
  let n = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  let text = ''
  for (; n > 0n; n /= 58n) text = ALPHABET[Number(n % 58n)] + text
  return text
}
const didKeyP256 = (jwk) => {
  const y = Buffer.from(jwk.y, 'base64url')
  return `did:key:z${base58([0x80, 0x24, 2 + (y[31] & 1), ...Buffer.from(jwk.x, 'base64url')])}`
}
function edKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { kty, crv, x } = publicKey.export({ format: 'jwk' })
  return { privateKey, jwk: { kty, crv, x }, did: `did:key:z${base58([0xed, 0x01, ...Buffer.from(x, 'base64url')])}` }
}
const didJwk = (jwk) => `did:jwk:${b64u(JSON.stringify(jwk))}`
const methodOf = (did) => (did.startsWith('did:jwk') ? `${did}#0` : `${did}#${did.slice(8)}`)
const TYP = 'openid4vci-proof+jwt'
const body = (nonce) => ({ aud: BASE, iat: now(), nonce })
const kidProof = (key, kid, nonce, more) => jwt(key, { typ: TYP, kid, ...more }, body(nonce))
const edProof = (key, kid, nonce) => {
  const input = `${b64u(JSON.stringify({ alg: 'EdDSA', typ: TYP, kid }))}.${b64u(JSON.stringify(body(nonce)))}`
  return `${input}.${b64u(sign(null, Buffer.from(input), key.privateKey))}`
}

const PRE = 'urn:ietf:params:oauth:grant-type:pre-authorized_code'
async function walletFor(id) {
  const offer = await system.api('POST', '/v1/offers', { configuration: id, claims, count: 20 })
  if (offer.status !== 201) return { refused: offer }
  const wallet = new Wallet(BASE)
  await wallet.redeem(offer.json.credential_offer.grants[PRE]['pre-authorized_code'])
  return wallet
}
async function ask(wallet, id, proofs) {
  return call('POST', CREDENTIAL, { headers: { 'content-type': 'application/json', authorization: `DPoP ${wallet.token}`, dpop: dpop(wallet.key, 'POST', CREDENTIAL, wallet.token) },
    body: JSON.stringify({ credential_configuration_id: id, proofs: { jwt: proofs } }) })
}
const text = (credential) => (typeof credential === 'string' ? credential : JSON.stringify(credential))
const jwtPayload = (t) => JSON.parse(Buffer.from(t.split('~')[0].split('.')[1], 'base64url'))
const documentOf = (format, c) => format === 'ldp_vc' ? c : format === 'vc+jwt' || format === 'vc+sd-jwt' ? jwtPayload(c)
  : JSON.parse(/\{"@context".*?\}\]\}/s.exec(Buffer.from(c, 'base64url').toString('latin1'))[0]) // vc+cose: the payload stands in it as it is
const isVcdm = (format) => format === 'ldp_vc' || format.startsWith('vc+')

// ---- issuing ------------------------------------------------------------------------------------------------------------------
for (const id of ids) {
  const { format } = configurations[id]
  const wallet = await walletFor(id)
  if (wallet.refused) { holds(`${id}: offer`, false, wallet.refused.text); continue }
  const keys = [newKey(), newKey()]
  let nonce = await wallet.nonce()
  const batch = await ask(wallet, id, keys.map((k) => proof(k, BASE, nonce)))
  check(`${id}: a batch of two`, [batch.status, batch.json?.credentials?.length], [200, 2])
  if (batch.status !== 200) { console.log(batch.text); continue }
  const [one, two] = batch.json.credentials.map((c) => c.credential)
  check(`${id}: string or object (8.3, App. A)`, typeof one, format === 'ldp_vc' ? 'object' : 'string')
  holds(`${id}: two of a batch differ`, text(one) !== text(two))
  const file = join(work, `${id}.txt`)
  writeFileSync(file, text(one))
  if (isVcdm(format)) {
    const document = documentOf(format, one)
    check(`${id}: subject is the proof's key`, document.credentialSubject.id, didKeyP256(keys[0].jwk))
    check(`${id}: types`, document.type, ['VerifiableCredential', 'EmployeeBadgeCredential'])
    check(`${id}: both purposes of status`, document.credentialStatus.map((s) => s.statusPurpose), ['revocation', 'suspension'])
    if (format !== 'vc+sd-jwt') check(`${id}: the claims`, [document.credentialSubject.given_name, document.credentialSubject.address.country], ['Hanako', 'JP'])
    nonce = await wallet.nonce()
    const ed = edKey()
    const p256 = newKey()
    const named = [kidProof(p256, methodOf(didJwk(p256.jwk)), nonce), edProof(ed, methodOf(ed.did), nonce)]
    const byDid = await ask(wallet, id, named)
    check(`${id}: proofs by did:jwk and did:key`, byDid.status, 200)
    if (byDid.status === 200) {
      check(`${id}: subjects keep their names`, byDid.json.credentials.map((c) => documentOf(format, c.credential).credentialSubject.id), [didJwk(p256.jwk), ed.did])
    }
  }
  // what a proof may not do (App. F.1, F.4)
  const k = newKey()
  const did = didKeyP256(k.jwk)
  nonce = await wallet.nonce()
  const bad = { 'another fragment': kidProof(k, `${did}#x`, nonce), 'a DID alone': kidProof(k, did, nonce), 'another key under the DID': kidProof(newKey(), methodOf(did), nonce),
    'kid and jwk': kidProof(k, methodOf(did), nonce, { jwk: k.jwk }), 'did:web': kidProof(k, 'did:web:example.org#0', nonce), 'no key': kidProof(k, undefined, nonce) }
  if (!isVcdm(format)) bad['a DID where the format has no place for it'] = kidProof(k, methodOf(did), nonce)
  for (const [what, p] of Object.entries(bad)) {
    const answer = await ask(wallet, id, [p])
    check(`${id}: proof with ${what}`, [answer.status, answer.json?.error], [400, 'invalid_proof'])
  }
  // offline, and its evidence by the object alone
  const verified = sealgate('verify', file)
  const base = id === 'employee_badge_ldp_ecdsa_sd' // a base proof is for its holder: verifiers are shown derived ones
  check(`${id}: verifies offline`, verified.status, base ? 1 : 0)
  if (verified.status !== (base ? 1 : 0)) console.log(verified.stdout, verified.stderr)
  const bundle = join(work, `${id}.evidence.json`)
  const got = sealgate('evidence', 'get', file, '--out', bundle)
  check(`${id}: evidence is found`, got.status, 0)
  const held = sealgate('evidence', 'verify', bundle, '--object', file)
  check(`${id}: evidence holds`, held.status, 0)
  if (held.status !== 0) console.log(held.stdout, held.stderr)
  holds(`${id}: the bytes that were signed follow from the object`, /ok +dtbs/.test(held.stdout) && /ok +seal-signature/.test(held.stdout) && /ok +assigned-status/.test(held.stdout), held.stdout)
  if (format === 'ldp_vc') {
    writeFileSync(file, text(one).replace(/20[0-9]{2}-([0-9-]{5}T[0-9:]{8}Z","credentialSubject)/, '2099-$1'))
    const changed = sealgate('evidence', 'verify', bundle, '--object', file)
    check(`${id}: another end of validity is not what was signed`, [changed.status, /FAILED +dtbs/.test(changed.stdout)], [1, true])
  }
  const direct = await system.api('POST', '/v1/credentials', { configuration: id, claims, holder_jwk: newKey().jwk })
  check(`${id}: directly`, [direct.status, typeof direct.json?.credential], [200, typeof one])
}

// ---- claims that do not fit are refused by every format ---------------------------------------------------------------------------
for (const id of ids) {
  for (const [what, wrong] of [['a missing claim', { ...claims, given_name: undefined }], ['an unknown one', { ...claims, nickname: 'x' }], ['a date that is none', { ...claims, hired_on: '2019-02-30' }]]) {
    const answer = await system.api('POST', '/v1/credentials', { configuration: id, claims: wrong, holder_jwk: newKey().jwk })
    check(`${id}: ${what}`, [answer.status, answer.json?.code], [400, 'CLAIMS'])
  }
  const least = { given_name: 'A', family_name: 'B', employee_id: '1' }
  const answer = await system.api('POST', '/v1/credentials', { configuration: id, claims: least, holder_jwk: newKey().jwk })
  check(`${id}: the least that is needed`, answer.status, 200)
}

// ---- what the issuer publishes (KEY-5) ------------------------------------------------------------------------------------------------
const did = (await call('GET', `${BASE}/.well-known/did.json`)).json
check('did:web', did.id, `did:web:localhost%3A${port}`)
holds('each key in both forms', did.verificationMethod.filter((m) => m.type === 'Multikey').length === 4 && did.verificationMethod.filter((m) => m.type === 'JsonWebKey').length === 4)
check('the same methods in the file that init leaves', JSON.parse(readFileSync(join(DIR, 'trust/did.json'))).verificationMethod.map((m) => m.id).sort(), did.verificationMethod.map((m) => m.id).sort())
const cid = (await call('GET', `${BASE}/issuer`)).json
check('the issuer as a URL', cid.id, `${BASE}/issuer`)
const context = await call('GET', `${BASE}/contexts/employee-badge-v1`)
check('our own context', [context.status, context.headers['content-type']?.split(';')[0], typeof context.json?.['@context']], [200, 'application/ld+json', 'object'])
const crl = await call('GET', `${BASE}/trust/iaca.crl`)
check('the revocation list that document signers point to', [crl.status, crl.headers['content-type']], [200, 'application/pkix-crl'])
check('no other context', (await call('GET', `${BASE}/contexts/index.json`)).status, 404)

// ---- refused alike ------------------------------------------------------------------------------------------------------------------------
// Wallets with offers and tokens from better days: what is refused is the signature.
const wallets = {}
for (const id of ids) wallets[id] = await walletFor(id)
async function refusals() {
  const answers = {}
  await Promise.all(ids.map(async (id) => { // at once: what waits for a status waits for its whole deadline
    const nonce = await wallets[id].nonce()
    const a = await ask(wallets[id], id, [proof(newKey(), BASE, nonce)])
    const d = await system.api('POST', '/v1/credentials', { configuration: id, claims, holder_jwk: newKey().jwk })
    answers[id] = [a.status, a.json?.error, a.json?.error_description, d.status, d.json?.code]
  }))
  return answers
}
async function refusedAlike(what, status, word, code) {
  const answers = await refusals()
  const first = answers[ids[0]]
  check(`${what}: refused`, [first[0], first[1], first[4]], [status, word, code])
  for (const id of ids) check(`${what}: ${id} like the others`, answers[id], first)
}
async function allIssue(what) {
  for (const [id, a] of Object.entries(await refusals())) check(`${what}: ${id} issues`, [a[0], a[3]], [200, 200])
}
const operator = (n) => ['--operator', join(DIR, `operators/operator${n}.json`)]
const labels = ['seal-es256', 'seal-es384', 'seal-ed25519', 'mdoc-es256']
const settle = () => sleep(3500) // the gateway looks at keys again after two seconds; a status is published within two

for (const label of labels) check(`suspend ${label}`, sealgate('keys', 'suspend', label, ...operator(1)).status, 0)
await settle()
await refusedAlike('keys suspended by an operator', 400, 'credential_request_denied', 'KEY_STATE')
for (const label of labels) check(`activate ${label}`, sealgate('keys', 'activate', label, ...operator(1), ...operator(2)).status, 0)
await settle()
await allIssue('active again')

const keys = JSON.parse(sealgate('keys', 'list', '--json').stdout).keys
const entry = (label) => keys.find((k) => k.label === label).status
for (const label of labels) {
  const { uri, idx } = entry(label)
  check(`order ${label}`, sealgate('status', 'set', '--list', uri, '--index', String(idx), '--to', 'suspended').status, 0)
}
await settle()
await refusedAlike('status of the keys: suspended', 400, 'credential_request_denied', 'STATUS_BAD')
for (const label of labels) sealgate('status', 'set', '--list', entry(label).uri, '--index', String(entry(label).idx), '--to', 'valid')
await settle()
await allIssue('valid again')

// The courier is stopped, as a machine that hangs would be: nobody can say what the status is.
const pid = JSON.parse(sealgate('status', '--json').stdout).courier
stopped = pid
process.kill(pid, 'SIGSTOP')
await sleep(1500) // longer than a verdict about a key is kept
await refusedAlike('status out of reach', 503, 'temporarily_unavailable', 'STATUS_UNKNOWN')
process.kill(pid, 'SIGCONT')
stopped = undefined
await settle()
await allIssue('in reach again')

for (const label of labels) {
  const { uri, idx } = entry(label)
  check(`order ${label}`, sealgate('status', 'set', '--list', uri, '--index', String(idx), '--to', 'invalid').status, 0)
}
await settle()
await refusedAlike('status of the keys: revoked', 400, 'credential_request_denied', 'STATUS_BAD')

console.log(`${cases} cases, ${failures} failed`)
stop(failures === 0 ? 0 : 1)
