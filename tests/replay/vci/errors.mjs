// Every refusal of the implemented endpoints, over HTTP against the three real processes: status, protocol word, headers.
// Each case is {what, answer, status, word}; expectations are the clauses named beside them, not our own output.
//   node errors.mjs BUILD_DIR
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SystemClient, Wallet, call, clientKey, dpop, jwt, newKey, proof } from '../../crash/system/wallet.mjs'

const BIN = resolve(process.argv[2] ?? 'build/dev', 'sealgate')
const port = Number(process.env.SEALGATE_REPLAY_PORT ?? 18530)
const BASE = `http://localhost:${port}`
const work = mkdtempSync(join(tmpdir(), 'sealgate-errors-'))
const DIR = join(work, 'state')
const claims = JSON.parse(readFileSync(new URL('../../../conf/demo/claims.json', import.meta.url)))
const CONFIGURATION = 'employee_badge_sd_jwt'
const PRE = 'urn:ietf:params:oauth:grant-type:pre-authorized_code'
const TOKEN = `${BASE}/oid4vci/token`
const CREDENTIAL = `${BASE}/oid4vci/credential`
const now = () => Math.floor(Date.now() / 1000)
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const JSON_TYPE = { 'content-type': 'application/json' }

let failures = 0
let cases = 0
function expect(what, answer, status, word, more) {
  cases++
  const got = answer.json?.error ?? answer.json?.code
  const bad = []
  if (answer.status !== status) bad.push(`status ${answer.status}, want ${status}`)
  if (word !== undefined && got !== word) bad.push(`word ${got}, want ${word}`)
  if (answer.json?.error_description && /["\\]/.test(answer.json.error_description)) bad.push('error_description has a quote or backslash')
  if (more && !more(answer)) bad.push(`headers ${JSON.stringify(answer.headers)}`)
  if (bad.length > 0) { failures++; console.log(`FAILED ${what}: ${bad.join('; ')} ${answer.text.slice(0, 200)}`) }
}

// ---- the stack ------------------------------------------------------------------------------------------------
execFileSync(BIN, ['init', '--demo', '--dir', DIR, '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'ignore', 'ignore'] })
let supervisor
const halt = () => { spawnSync(BIN, ['stop', '--dir', DIR]); supervisor.kill('SIGTERM') }
const stop = () => { halt(); rmSync(work, { recursive: true, force: true }) }
async function start() {
  supervisor = spawn(BIN, ['run', '--dir', DIR], { stdio: ['ignore', 'ignore', 'ignore'] })
  for (let i = 0; i < 200; i++) {
    try { if ((await call('GET', `${BASE}/readyz`, { timeout: 1000 })).status === 200) return } catch { /* starting */ }
    await sleep(100)
  }
  console.log('the gateway never became ready')
  stop()
  process.exit(1)
}
await start()

const system = new SystemClient(BASE, DIR)
await system.signIn()

// ---- token endpoint (RFC 6749 5.2, OpenID4VCI 1.0 6.3, RFC 9449 5, RFC 9396 5) --------------------------------------
const wallet = newKey()
const token = (params, headers = {}) => call('POST', TOKEN, {
  headers: { ...FORM, dpop: dpop(wallet, 'POST', TOKEN), ...headers },
  body: typeof params === 'string' ? params : new URLSearchParams(params).toString() })
const noStore = (a) => a.headers['cache-control'] === 'no-store'

expect('no grant_type', await token({}), 400, 'invalid_request', noStore)
expect('unknown grant', await token({ grant_type: 'password' }), 400, 'unsupported_grant_type')
expect('authorization_code is not offered', await token({ grant_type: 'authorization_code', code: 'x' }), 400, 'unsupported_grant_type')
expect('no code', await token({ grant_type: PRE }), 400, 'invalid_request')
expect('wrong code', await token({ grant_type: PRE, 'pre-authorized_code': 'nonsense' }), 400, 'invalid_grant')
expect('a parameter twice', await token(`grant_type=${encodeURIComponent(PRE)}&grant_type=${encodeURIComponent(PRE)}&pre-authorized_code=x`), 400, 'invalid_request')
expect('not a form', await call('POST', TOKEN, { headers: { ...JSON_TYPE, dpop: dpop(wallet, 'POST', TOKEN) }, body: '{}' }), 415)

let code = await system.offer(claims, 20)
expect('no DPoP', await call('POST', TOKEN, { headers: FORM, body: new URLSearchParams({ grant_type: PRE, 'pre-authorized_code': code }).toString() }), 400, 'invalid_dpop_proof')
expect('DPoP for another URL', await token({ grant_type: PRE, 'pre-authorized_code': code }, { dpop: dpop(wallet, 'POST', CREDENTIAL) }), 400, 'invalid_dpop_proof')
expect('DPoP that is no JWT', await token({ grant_type: PRE, 'pre-authorized_code': code }, { dpop: 'a.b.c' }), 400, 'invalid_dpop_proof')
expect('tx_code nobody asked for', await token({ grant_type: PRE, 'pre-authorized_code': code, tx_code: '1234' }), 400, 'invalid_request')
expect('a client assertion of a wallet', await token({ grant_type: PRE, 'pre-authorized_code': code, client_assertion: 'x.y.z' }), 401, 'invalid_client')
for (const [what, details] of [['no JSON', 'x'], ['no array', '{}'], ['empty', '[]'], ['another type', '[{"type":"other"}]'],
  ['not offered', '[{"type":"openid_credential","credential_configuration_id":"other"}]'],
  ['another location', `[{"type":"openid_credential","credential_configuration_id":"${CONFIGURATION}","locations":["https://evil.example"]}]`]]) {
  expect(`authorization_details: ${what}`, await token({ grant_type: PRE, 'pre-authorized_code': code, authorization_details: details }), 400, 'invalid_authorization_details')
}
expect('extra parameters do no harm (6.1: unknown are ignored)', await token({ grant_type: PRE, 'pre-authorized_code': code, resource: BASE, user_pin: '1' }), 200, undefined,
  (a) => a.json.token_type === 'DPoP' && a.json.expires_in > 0 && !('c_nonce' in a.json) && noStore(a))
expect('a code twice', await token({ grant_type: PRE, 'pre-authorized_code': code }), 400, 'invalid_grant')

const tx = await system.api('POST', '/v1/offers', { configuration: CONFIGURATION, claims, tx_code: { input_mode: 'numeric', length: 6, description: 'sent by post' } })
expect('an offer with a transaction code', tx, 201, undefined, (a) => /^[0-9]{6}$/.test(a.json.tx_code) && a.json.credential_offer.grants[PRE].tx_code.length === 6)
const txCode = tx.json.credential_offer.grants[PRE]['pre-authorized_code']
expect('transaction code missing', await token({ grant_type: PRE, 'pre-authorized_code': txCode }), 400, 'invalid_request')
const wrongTx = tx.json.tx_code === '000000' ? '111111' : '000000'
for (let i = 0; i < 5; i++) expect(`wrong transaction code ${i}`, await token({ grant_type: PRE, 'pre-authorized_code': txCode, tx_code: wrongTx }), 400, 'invalid_grant')
expect('the right one after too many', await token({ grant_type: PRE, 'pre-authorized_code': txCode, tx_code: tx.json.tx_code }), 400, 'invalid_grant')

// ---- system clients (RFC 7523, AU-8) ------------------------------------------------------------------------------------
const key = clientKey(DIR)
const assertion = (over = {}, signer = key) => jwt(signer, { typ: 'JWT' }, { iss: 'demo-client', sub: 'demo-client', aud: BASE, iat: now(), exp: now() + 60, jti: randomBytes(16).toString('hex'), ...over })
const client = (a, over = {}) => token({ grant_type: 'client_credentials', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: a, ...over })
expect('no client authentication', await token({ grant_type: 'client_credentials' }), 401, 'invalid_client')
expect('another assertion type', await client(assertion(), { client_assertion_type: 'x' }), 401, 'invalid_client')
for (const [what, a] of [['aud is the endpoint', assertion({ aud: TOKEN })], ['aud is an array', assertion({ aud: [BASE] })], ['expired', assertion({ exp: now() - 1 })],
  ['lives too long', assertion({ exp: now() + 3600 })], ['unknown client', assertion({ iss: 'x', sub: 'x' })], ['iss is not sub', assertion({ sub: 'x' })],
  ['another key', assertion({}, newKey())], ['the gateway itself', assertion({ iss: 'gateway', sub: 'gateway' })], ['garbage', 'garbage']]) {
  expect(`client assertion: ${what}`, await client(a), 401, 'invalid_client')
}
const once = assertion()
expect('a client assertion', await client(once), 200, undefined, (a) => a.json.token_type === 'DPoP')
expect('the same again', await client(once), 401, 'invalid_client')
expect('client_id of another', await client(assertion(), { client_id: 'other' }), 401, 'invalid_client')

// ---- credential endpoint: the token (RFC 6750 3, RFC 9449 7.1) --------------------------------------------------------------
const w = new Wallet(BASE)
await w.redeem(await system.offer(claims, 12))
const nonce = async () => (await call('POST', `${BASE}/oid4vci/nonce`)).json.c_nonce
const challenge = (pattern) => (a) => pattern.test(a.headers['www-authenticate'] ?? '')
const credential = (body, headers) => call('POST', CREDENTIAL, {
  headers: { ...JSON_TYPE, ...(headers ?? { authorization: `DPoP ${w.token}`, dpop: dpop(w.key, 'POST', CREDENTIAL, w.token) }) },
  body: typeof body === 'string' ? body : JSON.stringify(body) })
const good = async (...keys) => ({ credential_configuration_id: CONFIGURATION, proofs: { jwt: await Promise.all(keys.map(async (k) => proof(k, BASE, await nonce()))) } })

expect('no credentials: a bare challenge', await credential({}, {}), 401, undefined, (a) => /^DPoP /.test(a.headers['www-authenticate']) && !/error=/.test(a.headers['www-authenticate']))
expect('another scheme', await credential({}, { authorization: 'Basic eDp5' }), 401, undefined, challenge(/^DPoP /))
expect('an unknown token', await credential({}, { authorization: `DPoP ${'A'.repeat(43)}`, dpop: dpop(w.key, 'POST', CREDENTIAL, 'A'.repeat(43)) }), 401, 'invalid_token', challenge(/error="invalid_token"/))
expect('a bound token as Bearer', await credential({}, { authorization: `Bearer ${w.token}` }), 401, 'invalid_token', challenge(/error="invalid_token"/))
expect('no proof of possession', await credential({}, { authorization: `DPoP ${w.token}` }), 401, 'invalid_dpop_proof', challenge(/error="invalid_dpop_proof"/))
expect('another key than the token', await credential({}, { authorization: `DPoP ${w.token}`, dpop: dpop(newKey(), 'POST', CREDENTIAL, w.token) }), 401, 'invalid_dpop_proof')
expect('without ath', await credential({}, { authorization: `DPoP ${w.token}`, dpop: dpop(w.key, 'POST', CREDENTIAL) }), 401, 'invalid_dpop_proof')
const usedProof = dpop(w.key, 'POST', CREDENTIAL, w.token)
await credential({}, { authorization: `DPoP ${w.token}`, dpop: usedProof })
expect('a DPoP proof twice', await credential({}, { authorization: `DPoP ${w.token}`, dpop: usedProof }), 401, 'invalid_dpop_proof')
expect('a token of a system client', await credential({}, { authorization: `DPoP ${system.token}`, dpop: dpop(system.key, 'POST', CREDENTIAL, system.token) }), 403, 'insufficient_scope', challenge(/error="insufficient_scope"/))

// ---- credential endpoint: the request (OpenID4VCI 1.0 8.2, 8.3.1) --------------------------------------------------------------
const holder = newKey()
const withProof = async (make) => ({ credential_configuration_id: CONFIGURATION, proofs: { jwt: [await make(await nonce())] } })
const header = { typ: 'openid4vci-proof+jwt', jwk: holder.jwk }
const p384 = (() => { const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' }); const { kty, crv, x, y } = publicKey.export({ format: 'jwk' }); return { privateKey, jwk: { kty, crv, x, y } } })()
for (const [what, body] of [['no JSON', '{'], ['an array', '[]'], ['a member twice', `{"credential_configuration_id":"a","credential_configuration_id":"a"}`],
  ['neither identifier nor configuration', { proofs: { jwt: ['x'] } }], ['both', { credential_identifier: 'a', credential_configuration_id: 'b' }],
  ['an identifier nobody gave', { credential_identifier: `${CONFIGURATION}.0`, proofs: { jwt: ['x'] } }], ['a number', { credential_configuration_id: 1 }]]) {
  expect(`request: ${what}`, await credential(body), 400, 'invalid_credential_request', noStore)
}
expect('unknown configuration', await credential({ ...(await good(holder)), credential_configuration_id: 'other' }), 400, 'unknown_credential_configuration')
expect('response encryption from a plain request', await credential({ ...(await good(holder)), credential_response_encryption: { jwk: holder.jwk, enc: 'A128GCM' } }), 400, 'invalid_encryption_parameters')
expect('no proofs', await credential({ credential_configuration_id: CONFIGURATION }), 400, 'invalid_proof')
expect('the old singular proof', await credential({ credential_configuration_id: CONFIGURATION, proof: { proof_type: 'jwt', jwt: 'x' } }), 400, 'invalid_proof')
for (const [what, proofs] of [['empty', {}], ['two types', { jwt: ['x'], attestation: ['y'] }], ['another type', { di_vp: [{}] }], ['no array', { jwt: 'x' }],
  ['an empty array', { jwt: [] }], ['no text', { jwt: [1] }], ['no JWT', { jwt: ['x'] }]]) {
  expect(`proofs: ${what}`, await credential({ credential_configuration_id: CONFIGURATION, proofs }), 400, 'invalid_proof')
}
for (const [what, make] of [
  ['typ', (n) => jwt(holder, { ...header, typ: 'jwt' }, { aud: BASE, iat: now(), nonce: n })],
  ['alg none', (n) => `${Buffer.from(JSON.stringify({ ...header, alg: 'none' })).toString('base64url')}.${Buffer.from(JSON.stringify({ aud: BASE, iat: now(), nonce: n })).toString('base64url')}.`],
  ['a private key in the header', (n) => jwt(holder, { ...header, jwk: { ...holder.jwk, d: 'AAAA' } }, { aud: BASE, iat: now(), nonce: n })],
  ['no key', (n) => jwt(holder, { typ: header.typ }, { aud: BASE, iat: now(), nonce: n })],
  ['jwk and kid', (n) => jwt(holder, { ...header, kid: '0' }, { aud: BASE, iat: now(), nonce: n })],
  ['alg of another curve', (n) => jwt(p384, { ...header, jwk: p384.jwk }, { aud: BASE, iat: now(), nonce: n })],
  ['another key signed', (n) => jwt(newKey(), header, { aud: BASE, iat: now(), nonce: n })],
  ['aud is the endpoint', (n) => jwt(holder, header, { aud: CREDENTIAL, iat: now(), nonce: n })],
  ['aud is an array', (n) => jwt(holder, header, { aud: [BASE], iat: now(), nonce: n })],
  ['no aud', (n) => jwt(holder, header, { iat: now(), nonce: n })],
  ['no iat', (n) => jwt(holder, header, { aud: BASE, nonce: n })],
  ['iat long ago', (n) => jwt(holder, header, { aud: BASE, iat: now() - 7200, nonce: n })],
  ['iat to come', (n) => jwt(holder, header, { aud: BASE, iat: now() + 7200, nonce: n })],
  ['iss although anonymous', (n) => jwt(holder, header, { aud: BASE, iat: now(), nonce: n, iss: 'somebody' })],
  ['no nonce', () => jwt(holder, header, { aud: BASE, iat: now() })],
  ['a point not on the curve', (n) => jwt(holder, { ...header, jwk: { ...holder.jwk, y: holder.jwk.x } }, { aud: BASE, iat: now(), nonce: n })],
]) expect(`proof: ${what}`, await credential(await withProof(make)), 400, 'invalid_proof')
expect('nonce of somebody else', await credential(await withProof(() => proof(holder, BASE, 'A'.repeat(43)))), 400, 'invalid_nonce')
expect('nonce that was changed', await credential(await withProof((n) => proof(holder, BASE, (n[0] === 'A' ? 'B' : 'A') + n.slice(1)))), 400, 'invalid_nonce')
expect('the same key twice', await credential(await good(holder, holder)), 400, 'invalid_proof')
expect('more than the batch', await credential(await good(...Array.from({ length: 21 }, newKey))), 400, 'invalid_credential_request')
expect('one bad proof among good ones', await credential({ credential_configuration_id: CONFIGURATION, proofs: { jwt: [proof(newKey(), BASE, await nonce()), 'x.y.z'] } }), 400, 'invalid_proof')
expect('not JSON by its type', await call('POST', CREDENTIAL, { headers: { 'content-type': 'text/plain', authorization: `DPoP ${w.token}`, dpop: dpop(w.key, 'POST', CREDENTIAL, w.token) }, body: '{}' }), 415)
expect('too large', await credential('x'.repeat(300000)), 413)

// ---- what works, so that the refusals above mean something -------------------------------------------------------------------
const ten = await credential(await good(...Array.from({ length: 10 }, newKey)))
expect('a batch of ten', ten, 200, undefined, (a) => a.json.credentials.length === 10 && noStore(a) && !('c_nonce' in a.json))
const entries = ten.json.credentials.map(({ credential: c }) => JSON.parse(Buffer.from(c.split('.')[1], 'base64url')))
expect('status indexes differ', { status: new Set(entries.map((e) => e.status.status_list.idx)).size, headers: {}, text: '' }, 10)
expect('times are the same', { status: new Set(entries.map((e) => `${e.iat} ${e.exp}`)).size, headers: {}, text: '' }, 1)
expect('more than the offer grants', await credential(await good(newKey(), newKey(), newKey())), 400, 'credential_request_denied')
expect('what it still grants', await credential(await good(newKey(), newKey())), 200)
expect('nothing left', await credential(await good(newKey())), 400, 'credential_request_denied')

// authorization_details: then the identifier, and only it (8.2)
const detailed = newKey()
code = await system.offer(claims, 5)
const answer = await call('POST', TOKEN, { headers: { ...FORM, dpop: dpop(detailed, 'POST', TOKEN) }, body: new URLSearchParams({ grant_type: PRE, 'pre-authorized_code': code, client_id: 'a-wallet',
  authorization_details: JSON.stringify([{ type: 'openid_credential', credential_configuration_id: CONFIGURATION, more: 1 }]) }).toString() })
expect('identifiers when asked for', answer, 200, undefined, (a) => a.json.authorization_details[0].credential_identifiers.length === 1)
const identifier = answer.json.authorization_details[0].credential_identifiers[0]
const asDetailed = (body) => credential(body, { authorization: `DPoP ${answer.json.access_token}`, dpop: dpop(detailed, 'POST', CREDENTIAL, answer.json.access_token) })
expect('the configuration after identifiers were given', await asDetailed(await good(holder)), 400, 'invalid_credential_request')
expect('an unknown identifier', await asDetailed({ credential_identifier: 'other', proofs: (await good(holder)).proofs }), 400, 'unknown_credential_identifier')
expect('the identifier', await asDetailed({ credential_identifier: identifier, proofs: (await good(holder)).proofs }), 200)
expect('iss that is the client', await asDetailed({ credential_identifier: identifier, proofs: { jwt: [jwt(holder, header, { aud: BASE, iat: now(), nonce: await nonce(), iss: 'a-wallet' })] } }), 200)
expect('iss that is another', await asDetailed({ credential_identifier: identifier, proofs: { jwt: [jwt(holder, header, { aud: BASE, iat: now(), nonce: await nonce(), iss: 'b-wallet' })] } }), 400, 'invalid_proof')

// ---- endpoints that are not offered, nonce, offers -------------------------------------------------------------------------------
const resource = (path, body) => call('POST', BASE + path, { headers: { ...JSON_TYPE, authorization: `DPoP ${w.token}`, dpop: dpop(w.key, 'POST', BASE + path, w.token) }, body: JSON.stringify(body) })
expect('deferred', await resource('/oid4vci/deferred_credential', { transaction_id: 'x' }), 400, 'invalid_transaction_id')
expect('deferred without token', await call('POST', `${BASE}/oid4vci/deferred_credential`, { headers: JSON_TYPE, body: '{}' }), 401)
expect('notification', await resource('/oid4vci/notification', { notification_id: 'x', event: 'credential_accepted' }), 400, 'invalid_notification_id')
expect('par', await call('POST', `${BASE}/oid4vci/par`, { headers: FORM, body: 'client_id=x' }), 400)
expect('nonce', await call('POST', `${BASE}/oid4vci/nonce`), 200, undefined, noStore)
expect('nonce by GET', await call('GET', `${BASE}/oid4vci/nonce`), 405)
expect('no such offer', await call('GET', `${BASE}/oid4vci/offers/${'A'.repeat(32)}`), 404)
const reference = (await system.api('POST', '/v1/offers', { configuration: CONFIGURATION, claims })).json
expect('an offer by reference', await call('GET', reference.credential_offer_uri), 200, undefined, (a) => a.text === JSON.stringify(reference.credential_offer) && /^application\/json/.test(a.headers['content-type']))
expect('an offer taken back', await system.api('DELETE', `/v1/offers/${reference.id}`), 204)
expect('is gone', await call('GET', reference.credential_offer_uri), 404)
expect('cannot be taken back twice', await system.api('DELETE', `/v1/offers/${reference.id}`), 404)

// ---- management (problem details) ----------------------------------------------------------------------------------------------
expect('management without token', await call('POST', `${BASE}/v1/offers`, { headers: JSON_TYPE, body: '{}' }), 401, 'UNAUTHENTICATED', challenge(/^DPoP /))
expect('a wallet at the management', await call('GET', `${BASE}/v1/keys`, { headers: { authorization: `DPoP ${w.token}`, dpop: dpop(w.key, 'GET', `${BASE}/v1/keys`, w.token) } }), 403)
for (const [what, body, status, word] of [
  ['unknown configuration', { configuration: 'x', claims }, 400, 'CONFIGURATION'],
  ['unknown member', { configuration: CONFIGURATION, claims, cuont: 3 }, 400, 'VALUE'],
  ['missing claim', { configuration: CONFIGURATION, claims: { given_name: 'A' } }, 400, 'CLAIMS'],
  ['claim of a wrong type', { configuration: CONFIGURATION, claims: { ...claims, given_name: 1 } }, 400, 'CLAIMS'],
  ['claim nobody knows', { configuration: CONFIGURATION, claims: { ...claims, shoe: 43 } }, 400, 'CLAIMS'],
  ['no date', { configuration: CONFIGURATION, claims: { ...claims, hired_on: '2019-02-30' } }, 400, 'CLAIMS'],
  ['a claim that overrides', { configuration: CONFIGURATION, claims: { ...claims, iss: 'x' } }, 400, 'CLAIMS'],
  ['count 0', { configuration: CONFIGURATION, claims, count: 0 }, 400, 'VALUE'],
  ['a long life', { configuration: CONFIGURATION, claims, expires_in: 1e6 }, 400, 'VALUE'],
  ['a short transaction code', { configuration: CONFIGURATION, claims, tx_code: { length: 1 } }, 400, 'VALUE'],
  ['half an instruction', { configuration: CONFIGURATION, claims, instruction: 'AAAA' }, 403, 'ACTIVATION'],
]) expect(`offer: ${what}`, await system.api('POST', '/v1/offers', body), status, word)
expect('direct issue', await system.api('POST', '/v1/credentials', { configuration: CONFIGURATION, claims, holder_jwk: holder.jwk }), 200, undefined, (a) => a.json.credential.endsWith('~') && a.json.evidence.length === 1)
expect('direct issue without a holder', await system.api('POST', '/v1/credentials', { configuration: CONFIGURATION, claims }), 400, 'KEY_INVALID')
expect('direct issue to a private key', await system.api('POST', '/v1/credentials', { configuration: CONFIGURATION, claims, holder_jwk: { ...holder.jwk, d: 'AAAA' } }), 400, 'KEY_PRIVATE')
expect('keys', await system.api('GET', '/v1/keys'), 200, undefined, (a) => a.json.keys.some((k) => k.label === 'seal-es256' && k.state === 'active'))
expect('configurations', await system.api('GET', '/v1/configurations'), 200)
expect('client', await system.api('GET', '/v1/client'), 200, undefined, (a) => a.json.client === 'demo-client' && a.json.mandates.length > 0)
expect('an order that is none', await system.api('POST', '/v1/status', { order: 'AAAA', signature: 'AAAA' }), 400)
expect('a status of a list that is not ours', await system.api('GET', '/v1/status').then(async () => {
  const url = `${BASE}/v1/status`
  return call('GET', `${url}?list=https%3A%2F%2Fevil.example%2Fstatus%2Fx&idx=1`, { headers: { authorization: `DPoP ${system.token}`, dpop: dpop(system.key, 'GET', url, system.token) } })
}), 404)

// ---- status lists and evidence ----------------------------------------------------------------------------------------------------
expect('a list', await call('GET', `${BASE}/status/employee`), 200, undefined, (a) => a.headers['content-type'] === 'application/statuslist+jwt' && a.headers['access-control-allow-origin'] === '*')
const signer = JSON.parse(Buffer.from((await call('GET', `${BASE}/status/keys`)).text.split('.')[0], 'base64url')).kid
expect('init names the key that alone signs our lists', { status: readFileSync(join(DIR, 'conf', 'courier.ini'), 'utf8').includes(`\nkeys = ${BASE}/status/|${signer}\n`), headers: {}, text: signer }, true)
expect('no such list', await call('GET', `${BASE}/status/nothing`), 404)
expect('history', await call('GET', `${BASE}/status/employee?time=1`), 501)
expect('a list as CWT', await call('GET', `${BASE}/status/employee`, { headers: { accept: 'application/statuslist+cwt' } }), 200, undefined, (a) => a.headers['content-type'] === 'application/statuslist+cwt')
expect('a list as something else', await call('GET', `${BASE}/status/employee`, { headers: { accept: 'text/html' } }), 406)
const list = await call('GET', `${BASE}/status/employee`)
expect('a list that did not change', await call('GET', `${BASE}/status/employee`, { headers: { 'if-none-match': list.headers.etag } }), 304)
for (const [what, body, status] of [['no JSON', '{', 400], ['nothing', '{}', 400], ['both', '{"object":"a.b.c","signature_hash":"00"}', 400], ['no credential', '{"object":"hello"}', 400],
  ['unknown signature', JSON.stringify({ signature_hash: createHash('sha256').update('x').digest('hex') }), 404]]) {
  expect(`evidence: ${what}`, await call('POST', `${BASE}/evidence/lookup`, { headers: JSON_TYPE, body }), status)
}
expect('evidence by a name that is none', await call('GET', `${BASE}/evidence/x`), 404)
const object = ten.json.credentials[3].credential
let found = await call('POST', `${BASE}/evidence/lookup`, { headers: JSON_TYPE, body: JSON.stringify({ object }) })
for (let i = 0; i < 50 && found.status === 202; i++) {
  expect('not in the log yet', found, 202, undefined, (a) => Number(a.headers['retry-after']) > 0)
  await sleep(200)
  found = await call('POST', `${BASE}/evidence/lookup`, { headers: JSON_TYPE, body: JSON.stringify({ object }) })
}
expect('evidence of a credential', found, 200, undefined, (a) => a.json.format === 'sealgate/evidence/v1')
expect('tiles', await call('GET', `${BASE}/log/tile/0/000.p/1`), 200)
expect('entries are closed', await call('GET', `${BASE}/log/tile/entries/000.p/1`), 403)
expect('no path but a tile', await call('GET', `${BASE}/log/tile/../../conf/gateway.ini`), 404)
expect('nor encoded', await call('GET', `${BASE}/log/tile/%2e%2e%2fcheckpoint`), 404)
expect('OpenAPI', await call('GET', `${BASE}/openapi.json`), 200, undefined, (a) => a.json.paths['/oid4vci/credential'].post && a.json.paths['/v1/offers'].post && a.json.paths['/evidence/lookup'].post)
expect('start page', await call('GET', `${BASE}/`), 200, undefined, (a) => /default-src 'none'/.test(a.headers['content-security-policy']) && /Demonstration/.test(a.text))
expect('start page in Japanese', await call('GET', `${BASE}/`, { headers: { 'accept-language': 'ja,en;q=0.5' } }), 200, undefined, (a) => a.text.includes('lang="ja"'))

// ---- level 2: each use spends an instruction that the client signed over these claims (SIG-8, ARCHITECTURE "Levels") ------------------
halt()
const file = join(DIR, 'configurations', 'employee_badge.json')
writeFileSync(file, readFileSync(file, 'utf8').replace(`"id": "${CONFIGURATION}",`, `"id": "${CONFIGURATION}", "level": 2,`)) // this entry alone: those that take documents cannot have it
await start()
system.token = undefined
const jcs = (v) => Array.isArray(v) ? `[${v.map(jcs)}]` : v && typeof v === 'object' ? `{${Object.keys(v).sort().map((k) => `${JSON.stringify(k)}:${jcs(v[k])}`)}}` : JSON.stringify(v)
const head = (major, n) => n < 24 ? Buffer.from([major << 5 | n]) : n < 256 ? Buffer.from([major << 5 | 24, n]) : n < 65536 ? Buffer.from([major << 5 | 25, n >> 8, n & 255])
  : Buffer.from([major << 5 | 26, n >>> 24, n >>> 16 & 255, n >>> 8 & 255, n & 255])
const bytes = (b) => Buffer.concat([head(2, b.length), b])
const words = (t) => Buffer.concat([head(3, Buffer.byteLength(t)), Buffer.from(t)])
const sealKey = Buffer.from((await system.api('GET', '/v1/configurations')).json.configurations.find((c) => c.id === CONFIGURATION).key, 'base64url')
function instruct(of, count, { life = 3600, by = 'demo-client', signer = key, configuration = CONFIGURATION } = {}) { // docs/wire, "Instruction"
  const salt = randomBytes(32)
  const members = [bytes(randomBytes(16)), words(by), bytes(sealKey), words(configuration), bytes(createHash('sha256').update(salt).update(jcs(of)).digest()), head(0, count), head(0, now() + life)]
  const encoded = Buffer.concat([head(5, 7), ...members.map((m, i) => Buffer.concat([head(0, i + 1), m]))])
  const signature = sign('sha256', Buffer.concat([Buffer.from('sealgate/instruction/v1\0'), encoded]), { key: signer.privateKey, dsaEncoding: 'ieee-p1363' })
  return { instruction: encoded.toString('base64url'), instruction_signature: signature.toString('base64url'), claims_salt: salt.toString('base64url') }
}
const direct = (more) => system.api('POST', '/v1/credentials', { configuration: CONFIGURATION, claims, holder_jwk: newKey().jwk, ...more })
const single = instruct(claims, 1)
expect('level 2 without an instruction', await direct({}), 403, 'ACTIVATION')
const instructed = await direct(single)
expect('with one', instructed, 200)
expect('the same again: spent', await direct(single), 403, 'ACTIVATION')
for (const [what, more] of [['of other claims', instruct({ ...claims, given_name: 'X' }, 1)], ['expired', instruct(claims, 1, { life: -1 })], ['of another configuration', instruct(claims, 1, { configuration: 'other' })],
  ['in the name of another client', instruct(claims, 1, { by: 'gateway' })], ['signed by somebody else', instruct(claims, 1, { signer: newKey() })],
  ['with another signature', { ...instruct(claims, 1), instruction_signature: instruct(claims, 1).instruction_signature }]]) {
  expect(`an instruction ${what}`, await direct(more), 403, 'ACTIVATION')
}
// who was shown some claims must not get the salt that commits to all of them (docs/evidence, "openings")
const whole = instructed.json.credential
const opening = async (text) => {
  for (let i = 0; i < 50; i++) {
    const a = await call('POST', `${BASE}/evidence/lookup`, { headers: JSON_TYPE, body: JSON.stringify({ object: text }) })
    if (a.status === 200) return a.json.openings.find((o) => o.field === 'claims')
    await sleep(200)
  }
}
const opened = await opening(whole)
expect('the holder of all claims can open them', { status: opened?.salt === single.claims_salt && Buffer.from(opened.value, 'base64url').toString() === jcs(claims), headers: {}, text: JSON.stringify(opened) }, true)
expect('a verifier of some claims cannot', { status: await opening(`${whole.split('~').slice(0, 3).join('~')}~`), headers: {}, text: '' }, undefined)
expect('nor who has the signature alone', { status: await opening(`a.b.${whole.split('~')[0].split('.')[2]}`), headers: {}, text: '' }, undefined)
const three = await system.api('POST', '/v1/offers', { configuration: CONFIGURATION, claims, count: 5, ...instruct(claims, 3) })
expect('an offer under an instruction for three', three, 201)
const last = new Wallet(BASE)
await last.redeem(three.json.credential_offer.grants[PRE]['pre-authorized_code'])
expect('two of them', await last.request([newKey(), newKey()]), 200)
expect('two more: one too many', await last.request([newKey(), newKey()]), 400, 'credential_request_denied')
expect('the third', await last.request([newKey()]), 200)
expect('the fourth', await last.request([newKey()]), 400, 'credential_request_denied')

// ---- settings: nonces demanded of every DPoP proof (RFC 9449 8), bearer tokens (OpenID4VCI 1.0 13.10) ----------------------------
halt()
writeFileSync(file, readFileSync(file, 'utf8').replace('"level": 2', '"level": 1'))
const settings = join(DIR, 'conf', 'gateway.ini')
const plain = readFileSync(settings, 'utf8')
const codes = []
await start()
system.token = undefined
for (let i = 0; i < 3; i++) codes.push(await system.offer(claims, 2))
const redeem = (code, key, nonce) => call('POST', TOKEN, { headers: { ...FORM, ...(key && { dpop: dpop(key, 'POST', TOKEN, undefined, nonce) }) }, body: new URLSearchParams({ grant_type: PRE, 'pre-authorized_code': code }).toString() })
expect('no bearer token unless it is set', await redeem(codes[0]), 400, 'invalid_dpop_proof')
halt()
writeFileSync(settings, `${plain}dpop_nonce = yes\n`)
await start()
const wants = (a) => (a.headers['dpop-nonce'] ?? '').length > 20
const demand = await redeem(codes[0], wallet)
expect('a proof without nonce', demand, 400, 'use_dpop_nonce', wants)
expect('a proof with a foreign nonce', await redeem(codes[0], wallet, 'A'.repeat(43)), 400, 'use_dpop_nonce', wants)
const fresh = await redeem(codes[0], wallet, demand.headers['dpop-nonce'])
expect('a proof with the nonce', fresh, 200, undefined, (a) => a.json.token_type === 'DPoP')
const nonced = async (n) => call('POST', CREDENTIAL, { headers: { ...JSON_TYPE, authorization: `DPoP ${fresh.json.access_token}`, dpop: dpop(wallet, 'POST', CREDENTIAL, fresh.json.access_token, n) }, body: JSON.stringify(await good(newKey())) })
const refused = await nonced()
expect('a credential without nonce', refused, 401, 'use_dpop_nonce', wants)
expect('a credential with one', await nonced(refused.headers['dpop-nonce']), 200)
halt()
writeFileSync(settings, `${plain}bearer_tokens = yes\n`)
await start()
const bearer = await redeem(codes[1])
expect('a bearer token of five minutes', bearer, 200, undefined, (a) => a.json.token_type === 'Bearer' && a.json.expires_in <= 300)
const asBearer = async (word, more) => call('POST', CREDENTIAL, { headers: { ...JSON_TYPE, authorization: `${word} ${bearer.json.access_token}`, ...more }, body: JSON.stringify(await good(newKey())) })
expect('issues', await asBearer('Bearer'), 200)
expect('but not as DPoP', await asBearer('DPoP', { dpop: dpop(wallet, 'POST', CREDENTIAL, bearer.json.access_token) }), 401)
expect('with DPoP it is still bound', await redeem(codes[2], wallet), 200, undefined, (a) => a.json.token_type === 'DPoP')

stop()
console.log(`${cases} cases, ${failures} failed`)
process.exit(failures === 0 ? 0 : 1)
