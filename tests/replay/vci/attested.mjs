// Key attestations and presentations as proofs at the credential endpoint, over the three real processes (OpenID4VCI 1.0, Appendix D, F.1 to F.3; HAIP 1.0, 4.5.1; req: PRO-1): who is believed,
// what must be said, one credential for each attested key, and a status that is asked for before anything is signed. The wallet side of sealgate meets its issuer side.
//   node attested.mjs BUILD_DIR
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SystemClient, Wallet, call, dpop, jwt, newKey } from '../../crash/system/wallet.mjs'
import { didJwk, presentation } from './presentation.mjs'
import { Browser, invite } from '../persons/browser.mjs'

const BIN = resolve(process.argv[2] ?? 'build/dev', 'sealgate')
const port = Number(process.env.SEALGATE_REPLAY_PORT ?? 18575)
const BASE = `http://localhost:${port}`
const work = mkdtempSync(join(tmpdir(), 'sealgate-attested-'))
const DIR = join(work, 'state')
const CREDENTIAL = `${BASE}/oid4vci/credential`
const PRE = 'urn:ietf:params:oauth:grant-type:pre-authorized_code'
const SD_JWT = 'attested_card_sd_jwt'
const MDOC = 'attested_card_mdoc'
const LDP = 'attested_card_ldp'
const now = () => Math.floor(Date.now() / 1000)
const thumbprint = ({ crv, kty, x, y }) => createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
const decoded = (text, part) => JSON.parse(Buffer.from(text.split('.')[part], 'base64url'))

let failures = 0
let cases = 0
function check(what, good, detail = '') {
  cases++
  if (!good) { failures++; console.log(`FAILED ${what} ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`.slice(0, 1200)) }
}
const expect = (what, answer, status, word) => check(what, answer.status === status && (word === undefined || answer.json?.error === word),
  `status ${answer.status}, want ${status} ${word ?? ''}: ${answer.text.slice(0, 300)}`)

// ---- the stack: an attester with a pinned key, later this service's own too -------------------------------------------------
const attester = newKey()
const second = newKey()
const init = spawnSync(BIN, ['init', '--demo', '--dir', DIR, '--listen', `127.0.0.1:${port}`], { encoding: 'utf8' })
if (init.status !== 0) throw new Error(init.stderr)
appendFileSync(join(DIR, 'conf/gateway.ini'), '\nstatus_ttl_s = 1\nattestation_storage = iso_18045_moderate\nbatch_max = 3\n')
copyFileSync(new URL('attested_card.json', import.meta.url), join(DIR, 'configurations/attested_card.json'))
let supervisor
let log = ''
const halt = () => { spawnSync(BIN, ['stop', '--dir', DIR]); supervisor?.kill('SIGTERM') }
const stop = () => { halt(); rmSync(work, { recursive: true, force: true }) }
process.on('uncaughtException', (e) => { console.log(e); console.log(spawnSync('sh', ['-c', `tail -n 6 ${DIR}/run/*.log`], { encoding: 'utf8' }).stdout); stop(); process.exit(1) })
async function start(tries = 300) {
  supervisor = spawn(BIN, ['run', '--dir', DIR], { stdio: ['ignore', 'ignore', 'pipe'] })
  log = ''
  supervisor.stderr.on('data', (d) => { log += d })
  for (let i = 0; i < tries; i++) {
    try { if ((await call('GET', `${BASE}/readyz`, { timeout: 1000 })).status === 200) return true } catch { /* starting */ }
    await sleep(100)
  }
  return false
}

check('a configuration that wants attestations does not start without anybody to believe', !(await start(30)) && /attesters\/ is empty/.test(log), log.slice(-400))
halt()
mkdirSync(join(DIR, 'attesters'))
writeFileSync(join(DIR, 'attesters/wallets.json'), JSON.stringify({ attester: 'https://wallets.example', jwks: { keys: [{ ...attester.jwk, kid: 'w1' }] }, trust: 1 }))
check('nor with a file of attesters that nobody understands', !(await start(30)) && /wallets\.json/.test(log), log.slice(-400))
halt()
writeFileSync(join(DIR, 'attesters/wallets.json'), JSON.stringify({ attester: 'https://wallets.example', jwks: { keys: [{ ...attester.jwk, kid: 'w1' }, second.jwk] } }))
check('and with one it does', await start(), log.slice(-600))

const operators = [1, 2].flatMap((n) => ['--operator', `${DIR}/operators/operator${n}.json`])
for (const [key, id] of [['seal-es256', SD_JWT], ['mdoc-es256', MDOC], ['seal-es256', LDP]]) {
  execFileSync(BIN, ['mandate', 'set', 'demo-client', '--key', key, '--configuration', id, '--count', '500', '--dir', DIR, ...operators], { stdio: 'ignore' })
}
const system = new SystemClient(BASE, DIR)
await system.signIn()

// ---- metadata (12.2.4) ----------------------------------------------------------------------------------------------------
const metadata = (await call('GET', `${BASE}/.well-known/openid-credential-issuer`)).json
const types = metadata.credential_configurations_supported[SD_JWT].proof_types_supported
check('the metadata name both proof types and what is asked of keys', types.attestation.proof_signing_alg_values_supported.join() === 'ES256' &&
  types.jwt.key_attestations_required.key_storage.length === 2 && types.attestation.key_attestations_required.key_storage[0] === 'iso_18045_high', types)
check('others stay as they were', Object.keys(metadata.credential_configurations_supported.employee_badge_sd_jwt.proof_types_supported).join() === 'jwt')

// ---- a wallet ----------------------------------------------------------------------------------------------------------------
const wallet = new Wallet(BASE)
async function fresh(id, count) {
  const made = await system.api('POST', '/v1/offers', { configuration: id, claims: { name: 'Aiko' }, count })
  if (made.status !== 201) throw new Error(made.text)
  await wallet.redeem(made.json.credential_offer.grants[PRE]['pre-authorized_code'])
}
const nonce = () => wallet.nonce()
const ask = (id, proofs) => call('POST', CREDENTIAL, { headers: { 'content-type': 'application/json', authorization: `DPoP ${wallet.token}`, dpop: dpop(wallet.key, 'POST', CREDENTIAL, wallet.token) },
  body: JSON.stringify({ credential_configuration_id: id, proofs }) })
const attest = (keys, n, over = {}, { signer = attester, header = {} } = {}) => jwt(signer, { typ: 'key-attestation+jwt', kid: 'w1', ...header },
  { iss: 'https://wallets.example', iat: now(), exp: now() + 600, nonce: n, key_storage: ['iso_18045_high'], attested_keys: keys.map((k) => k.jwk), ...over })
const prove = (key, n, attestation, header = { jwk: key.jwk }) => jwt(key, { typ: 'openid4vci-proof+jwt', ...header, ...(attestation && { key_attestation: attestation }) }, { aud: BASE, iat: now(), nonce: n })
const bound = (answer) => (answer.json?.credentials ?? []).map(({ credential }) => thumbprint(decoded(credential, 1).cnf.jwk))
const holders = [newKey(), newKey(), newKey(), newKey()]
const names = holders.map((h) => thumbprint(h.jwk))

await fresh(SD_JWT, 100)
let answer = await ask(SD_JWT, { attestation: [attest(holders.slice(0, 3), await nonce())] })
expect('an attestation of three keys', answer, 200)
check('a credential for each, in order', bound(answer).join() === names.slice(0, 3).join(), answer.text)
answer = await ask(SD_JWT, { attestation: [attest(holders, await nonce())] })
expect('four keys and a batch of three: three', answer, 200)
check('the first three', bound(answer).join() === names.slice(0, 3).join())
answer = await ask(SD_JWT, { attestation: [attest(holders.slice(0, 1), await nonce(), { iss: undefined, exp: undefined }, { signer: second, header: { kid: thumbprint(second.jwk) } })] })
expect('by the other key, named by its thumbprint, without iss and exp', answer, 200)
let n = await nonce()
answer = await ask(SD_JWT, { jwt: [prove(holders[1], n, attest(holders.slice(0, 3), n))] })
expect('a proof with an attestation', answer, 200)
check('the proven key first, the attested ones behind it', bound(answer).join() === [names[1], names[0], names[2]].join(), bound(answer))
n = await nonce()
const shared = attest(holders.slice(0, 2), n)
answer = await ask(SD_JWT, { jwt: [prove(holders[0], n, shared), prove(holders[1], n, shared)] })
expect('two proofs, one attestation', answer, 200)
check('two credentials', bound(answer).join() === names.slice(0, 2).join())
n = await nonce()
answer = await ask(SD_JWT, { jwt: [prove(holders[0], n, attest([{ jwk: { ...holders[0].jwk, kid: '0' } }], n), { kid: '0' })] })
expect('the proof names its key as the attestation does (the example of F.1)', answer, 200)

// ---- what is refused (8.3.1.2) --------------------------------------------------------------------------------------------------
const stranger = newKey()
for (const [what, word, make] of [
  ['two attestations', 'invalid_proof', (x) => ({ attestation: [attest(holders, x), attest(holders, x)] })],
  ['none', 'invalid_proof', () => ({ attestation: [] })],
  ['no text', 'invalid_proof', (x) => ({ attestation: [{ jwt: attest(holders, x) }] })],
  ['no array', 'invalid_proof', (x) => ({ attestation: attest(holders, x) })],
  ['two types', 'invalid_proof', (x) => ({ attestation: [attest(holders, x)], jwt: [prove(holders[0], x)] })],
  ['a proof as an attestation', 'invalid_proof', (x) => ({ attestation: [prove(holders[0], x)] })],
  ['an attestation as a proof', 'invalid_proof', (x) => ({ jwt: [attest(holders, x)] })],
  ['by a stranger', 'invalid_proof', (x) => ({ attestation: [attest(holders, x, {}, { signer: stranger })] })],
  ['by a stranger who shows his key', 'invalid_proof', (x) => ({ attestation: [attest(holders, x, {}, { signer: stranger, header: { kid: undefined, jwk: stranger.jwk } })] })],
  ['in the name of somebody unknown', 'invalid_proof', (x) => ({ attestation: [attest(holders, x, { iss: 'https://evil.example' })] })],
  ['another typ', 'invalid_proof', (x) => ({ attestation: [attest(holders, x, {}, { header: { typ: 'JWT' } })] })],
  ['no nonce', 'invalid_proof', () => ({ attestation: [attest(holders)] })],
  ['a nonce that is not ours', 'invalid_nonce', () => ({ attestation: [attest(holders, 'A'.repeat(43))] })],
  ['expired', 'invalid_proof', (x) => ({ attestation: [attest(holders, x, { exp: now() - 120 })] })],
  ['from tomorrow', 'invalid_proof', (x) => ({ attestation: [attest(holders, x, { iat: now() + 86400, exp: now() + 90000 })] })],
  ['no iat', 'invalid_proof', (x) => ({ attestation: [attest(holders, x, { iat: undefined })] })],
  ['no keys', 'invalid_proof', (x) => ({ attestation: [attest([], x)] })],
  ['a key twice', 'invalid_proof', (x) => ({ attestation: [attest([holders[0], holders[0]], x)] })],
  ['a secret key', 'invalid_proof', (x) => ({ attestation: [attest([{ jwk: { ...holders[0].jwk, d: 'AAAA' } }], x)] })],
  ['keys kept badly', 'invalid_proof', (x) => ({ attestation: [attest(holders, x, { key_storage: ['iso_18045_basic'] })] })],
  ['keys kept nobody says how', 'invalid_proof', (x) => ({ attestation: [attest(holders, x, { key_storage: undefined })] })],
  ['a status of an unknown kind', 'invalid_proof', (x) => ({ attestation: [attest(holders, x, { status: { crl: 'https://wallets.example/crl' } })] })],
  ['a proof without attestation', 'invalid_proof', (x) => ({ jwt: [prove(holders[0], x)] })],
  ['a proof of a key that is not attested', 'invalid_proof', (x) => ({ jwt: [prove(stranger, x, attest(holders, x))] })],
  ['a proof signed by another attested key', 'invalid_proof', (x) => ({ jwt: [prove(holders[1], x, attest(holders, x), { jwk: holders[0].jwk })] })],
  ['beside a proof, without end', 'invalid_proof', (x) => ({ jwt: [prove(holders[0], x, attest(holders, x, { exp: undefined }))] })],
  ['beside a proof, with an old nonce', 'invalid_nonce', (x) => ({ jwt: [prove(holders[0], x, attest(holders, 'A'.repeat(43)))] })],
  ['beside a proof with an old nonce', 'invalid_nonce', (x) => ({ jwt: [prove(holders[0], 'A'.repeat(43), attest(holders, x))] })],
  ['more proofs than the batch', 'invalid_credential_request', (x) => ({ jwt: holders.map((h) => prove(h, x, attest(holders, x))) })],
]) expect(`refused: ${what}`, await ask(SD_JWT, make(await nonce())), 400, word)
expect('an attestation where none is offered', await (async () => {
  const w = new Wallet(BASE)
  await w.redeem(await system.offer(JSON.parse(readFileSync(new URL('../../../conf/demo/claims.json', import.meta.url))), 2))
  return call('POST', CREDENTIAL, { headers: { 'content-type': 'application/json', authorization: `DPoP ${w.token}`, dpop: dpop(w.key, 'POST', CREDENTIAL, w.token) },
    body: JSON.stringify({ credential_configuration_id: 'employee_badge_sd_jwt', proofs: { attestation: [attest(holders, await nonce())] } }) })
})(), 400, 'invalid_proof')

// ---- counts: an offer for two gives two of three attested keys, and then nothing -------------------------------------------------
await fresh(MDOC, 2)
answer = await ask(MDOC, { attestation: [attest(holders.slice(0, 3), await nonce())] })
expect('mdoc: an offer for two and three attested keys', answer, 200)
check('two credentials', answer.json?.credentials?.length === 2, answer.text)
expect('nothing is left', await ask(MDOC, { attestation: [attest(holders.slice(0, 3), await nonce())] }), 400, 'credential_request_denied')

// ---- presentations (F.2) ---------------------------------------------------------------------------------------------------------
await fresh(LDP, 20)
const vp = (key, n, over = {}) => presentation(key, { challenge: n, domain: BASE, ...over })
n = await nonce()
answer = await ask(LDP, { di_vp: [vp(holders[0], n), vp(holders[1], n, { document: { holder: didJwk(holders[1].jwk) } })] })
expect('two presentations', answer, 200)
check('two credentials, each about its DID', answer.json?.credentials?.map((c) => c.credential.credentialSubject.id).join() === holders.slice(0, 2).map((h) => didJwk(h.jwk)).join(), answer.text)
for (const [what, word, make] of [
  ['a text', 'invalid_proof', (x) => [JSON.stringify(vp(holders[0], x))]],
  ['no array', 'invalid_proof', (x) => vp(holders[0], x)],
  ['none', 'invalid_proof', () => []],
  ['an empty object', 'invalid_proof', () => [{}]],
  ['without a proof', 'invalid_proof', (x) => [{ ...vp(holders[0], x), proof: undefined }]],
  ['with two proofs', 'invalid_proof', (x) => { const v = vp(holders[0], x); return [{ ...v, proof: [v.proof, v.proof] }] }],
  ['a key twice', 'invalid_proof', (x) => [vp(holders[0], x), vp(holders[0], x, { document: { id: 'urn:uuid:1b1e2f7e-0000-4000-8000-000000000000' } })]],
  ['for another issuer', 'invalid_proof', (x) => [vp(holders[0], x, { domain: 'https://evil.example' })]],
  ['for us and another', 'invalid_proof', (x) => [vp(holders[0], x, { domain: [BASE, 'https://evil.example'] })]],
  ['for nobody', 'invalid_proof', (x) => [vp(holders[0], x, { domain: undefined })]],
  ['for another purpose', 'invalid_proof', (x) => [vp(holders[0], x, { proofPurpose: 'assertionMethod' })]],
  ['without challenge', 'invalid_proof', () => [vp(holders[0], undefined)]],
  ['with a challenge that is not ours', 'invalid_nonce', () => [vp(holders[0], 'A'.repeat(43))]],
  ['by another key', 'invalid_proof', (x) => [vp(stranger, x, { verificationMethod: `${didJwk(holders[0].jwk)}#0` })]],
  ['of a DID that we do not take', 'invalid_proof', (x) => [vp(holders[0], x, { verificationMethod: 'did:web:wallet.example#0' })]],
  ['in the name of another holder', 'invalid_proof', (x) => [vp(holders[0], x, { document: { holder: didJwk(holders[1].jwk) } })]],
  ['no presentation', 'invalid_proof', (x) => [vp(holders[0], x, { document: { type: ['VerifiableCredential'] } })]],
  ['made tomorrow', 'invalid_proof', (x) => [vp(holders[0], x, { created: new Date(Date.now() + 86400000).toISOString() })]],
  ['expired', 'invalid_proof', (x) => [vp(holders[0], x, { expires: new Date(Date.now() - 60000).toISOString() })]],
  ['more than the batch', 'invalid_credential_request', (x) => holders.map((h) => vp(h, x))],
]) expect(`a presentation is refused: ${what}`, await ask(LDP, { di_vp: make(await nonce()) }), 400, word)
expect('a JWT where presentations are asked for', await (async () => ask(LDP, { jwt: [prove(holders[0], await nonce())] }))(), 400, 'invalid_proof')
expect('a changed presentation', await (async () => ask(LDP, { di_vp: [{ ...vp(holders[0], await nonce()), id: 'urn:example:1' }] }))(), 400, 'invalid_proof')
await fresh(SD_JWT, 5)
expect('a presentation where none is offered', await (async () => ask(SD_JWT, { di_vp: [vp(holders[0], await nonce())] }))(), 400, 'invalid_proof')

// ---- status: of a list that the courier trusts, good, then revoked; of one that nobody can tell about -------------------------------
await fresh(SD_JWT, 100)
const card = await ask(SD_JWT, { attestation: [attest(holders.slice(0, 1), await nonce())] })
const { status } = decoded(card.json.credentials[0].credential, 1)
const file = join(work, 'card.txt')
writeFileSync(file, card.json.credentials[0].credential)
const withStatus = async (of = status) => ask(SD_JWT, { attestation: [attest(holders.slice(0, 2), await nonce(), { status: of })] })
answer = await withStatus()
expect('an attestation whose status is good', answer, 200)
check('two credentials again', bound(answer).length === 2)
const revoked = spawnSync(BIN, ['status', 'set', '--credential', file, '--to', 'invalid', '--dir', DIR], { encoding: 'utf8' })
check('it is revoked', revoked.status === 0, revoked.stderr)
for (let i = 0; i < 100 && answer.status === 200; i++) { await sleep(200); answer = await withStatus() }
expect('then nothing is signed', answer, 400, 'invalid_proof')
expect('nor in a proof', await (async () => { const x = await nonce(); return ask(SD_JWT, { jwt: [prove(holders[0], x, attest(holders, x, { status }))] }) })(), 400, 'invalid_proof')
expect('a list that cannot be had: not now', await withStatus({ status_list: { idx: 1, uri: 'https://lists.invalid/1' } }), 503, 'temporarily_unavailable')
expect('an entry beyond the list: not now', await withStatus({ status_list: { idx: 2 ** 40, uri: status.status_list.uri } }), 503, 'temporarily_unavailable')
expect('what was refused was not counted', await ask(SD_JWT, { attestation: [attest(holders.slice(0, 1), await nonce())] }), 200)

// ---- the wallet side of this service, for its own issuer side: pinned by what it publishes, then by the root over its certificate ------
const published = (await call('GET', `${BASE}/.well-known/jwks.json`)).json.keys
const person = new Browser(BASE)
const { link, code } = invite(BIN, DIR)
await person.enrol(link, code)
const own = async () => {
  const session = await person.login()
  if (session.status !== 200) throw new Error(session.text)
  const keys = []
  for (let i = 0; i < 2; i++) keys.push((await person.post('/account/keys', {})).json.key)
  await fresh(SD_JWT, 10)
  const asked = await person.post('/vp/proofs', { issuer: BASE, nonce: await nonce(), keys, key_attestation: true })
  if (asked.status !== 201) throw new Error(asked.text)
  const done = await person.post(`/vp/proofs/${asked.json.id}/approve`, { credential: person.device.get(asked.json.publicKey) })
  if (done.status !== 200) throw new Error(done.text)
  return { keys, proofs: done.json.proofs, attestation: done.json.key_attestation }
}
let mine = await own()
expect('our own attestation, before anybody believes it', await ask(SD_JWT, mine.proofs), 400, 'invalid_proof')
const kid = decoded(mine.attestation, 0).kid
for (const [how, trust] of [['pinned', { jwks: { keys: published.filter((k) => k.kid === kid).map(({ x5c, ...k }) => k) } }],
  ['under the root', { roots: [readFileSync(join(DIR, 'trust/root.pem'), 'utf8').match(/-----BEGIN CERTIFICATE-----([^-]*)-----END/)[1].replace(/\s/g, '')] }]]) {
  halt()
  writeFileSync(join(DIR, 'attesters/own.json'), JSON.stringify({ attester: '${BASE}', ...trust }))
  await start()
  system.token = undefined
  mine = await own()
  answer = await ask(SD_JWT, mine.proofs)
  expect(`our own proofs with our own attestation, ${how}`, answer, 200)
  check('bound to keys that live here', bound(answer).join() === mine.keys.join(), bound(answer))
  expect(`the attestation alone, ${how}`, await ask(SD_JWT, { attestation: [mine.attestation] }), 200)
}

stop()
console.log(`${cases} cases, ${failures} failed`)
process.exit(failures === 0 ? 0 : 1)
