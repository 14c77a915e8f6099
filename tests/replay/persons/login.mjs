// Persons over HTTP against the three real processes: enrolment, login, sessions, passkeys, keys, credentials, wallets' access, and each way to be refused.
// Expectations are the clauses named beside them. req: AU-2, AU-3, AU-4, AU-5, AU-6, AU-7, EV-4, EV-5
//   node login.mjs BUILD_DIR
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SystemClient, call, dpop, newKey } from '../../crash/system/wallet.mjs'
import { Authenticator, b64u } from './authenticator.mjs'
import { Browser, invite } from './browser.mjs'

const BIN = resolve(process.argv[2] ?? 'build/dev', 'sealgate')
const port = Number(process.env.SEALGATE_REPLAY_PORT ?? 19360)
const BASE = `http://localhost:${port}`
const work = mkdtempSync(join(tmpdir(), 'sealgate-persons-'))
const DIR = join(work, 'state')
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const TOKEN = `${BASE}/oid4vci/token`
const CALLBACK = 'https://wallet.example/cb'

let failures = 0
let cases = 0
function expect(what, answer, status, word, more) {
  cases++
  const got = answer.json?.error ?? answer.json?.code
  const bad = []
  if (answer.status !== status) bad.push(`status ${answer.status}, want ${status}`)
  if (word !== undefined && got !== word) bad.push(`word ${got}, want ${word}`)
  if (more && !more(answer)) bad.push('what was looked for is not there')
  if (bad.length > 0) { failures++; console.log(`FAILED ${what}: ${bad.join('; ')} ${answer.text?.slice(0, 300)} ${JSON.stringify(answer.headers)}`) }
  return answer
}
function holds(what, good, detail = '') {
  cases++
  if (!good) { failures++; console.log(`FAILED ${what} ${detail}`) }
}

// ---- the stack ------------------------------------------------------------------------------------------------
execFileSync(BIN, ['init', '--demo', '--dir', DIR, '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'ignore', 'ignore'] })
const conf = (text) => appendFileSync(join(DIR, 'conf', 'gateway.ini'), `\n${text}\n`)
conf(`wallets = wallet-1|${CALLBACK}|Example Wallet\nwallets = wallet-1|http://127.0.0.1/cb|Example Wallet\nwallets = wallet-2|${CALLBACK}/2|Other Wallet\nlogin_tries = 4\nlogins_per_minute = 500`)
let supervisor
let log = ''
async function start() {
  supervisor = spawn(BIN, ['run', '--dir', DIR], { stdio: ['ignore', 'ignore', 'pipe'] })
  supervisor.stderr.on('data', (d) => { log += d })
  for (let i = 0; i < 200; i++) {
    try { if ((await call('GET', `${BASE}/readyz`, { timeout: 1000 })).status === 200) return } catch { /* starting */ }
    await sleep(100)
  }
  console.log(`the gateway never became ready ${log}`)
  stop()
  process.exit(1)
}
const halt = () => { spawnSync(BIN, ['stop', '--dir', DIR]); supervisor.kill('SIGTERM') }
const stop = () => { halt(); rmSync(work, { recursive: true, force: true }) }
await start()
process.on('uncaughtException', (e) => { console.log(e); stop(); process.exit(1) })

holds('the key of what is sealed is its owner\'s alone', (statSync(join(DIR, 'gateway', 'holder.key')).mode & 0o777) === 0o600)

// ---- enrolment (AU-2) -------------------------------------------------------------------------------------------
const aikos = invite(BIN, DIR)
const aiko = new Browser(BASE)
const stranger = new Browser(BASE)
const open = (browser, over) => browser.post('/account/enrol/open', { link: aikos.link, code: aikos.code, purpose: 'sign', ...over })
for (const [what, over, status, word] of [
  ['a wrong code', { code: 'WRONG-CODES' }, 403, 'ACTIVATION'],
  ['a wrong link', { link: '00'.repeat(32) }, 403, 'ACTIVATION'],
  ['a link that is none', { link: 'x' }, 403, 'ACTIVATION'],
  ['no purpose', { purpose: undefined }, 400, 'MISSING'],
  ['another purpose', { purpose: 'both' }, 400, 'VALUE'],
  ['a member that nobody knows', { cdoe: 'x' }, 400, 'VALUE'],
]) expect(`enrol: ${what}`, await open(stranger, over), status, word)
expect('enrol: from another origin', await stranger.post('/account/enrol/open', { ...aikos, purpose: 'sign' }, { origin: 'https://evil.example' }), 403, 'POLICY')

const opened = expect('enrol: link and code', await open(aiko), 200, undefined, (a) => {
  const o = a.json.publicKey
  return o.rp.id === 'localhost' && o.authenticatorSelection.userVerification === 'required' && o.authenticatorSelection.residentKey === 'preferred' &&
    o.attestation === 'none' && o.pubKeyCredParams.map((p) => p.alg).join() === '-8,-7,-35' && Buffer.from(o.user.id, 'base64url').length === 32 &&
    !a.text.includes(aikos.person) && a.json.missing.join() === 'sign,login'
})
const finish = (credential, session = opened.json.session) => aiko.post('/account/enrol/finish', { session, credential })
for (const [what, over] of [['another origin', { origin: 'https://evil.example' }], ['no user verification', { uv: false }], ['another challenge', { challenge: b64u(randomBytes(32)) }],
  ['type of an assertion', { type: 'webauthn.get' }], ['in a frame of somebody', { crossOrigin: true }]]) {
  const again = await open(aiko)
  expect(`registration: ${what}`, await finish(aiko.device.create(again.json.publicKey, { ...over, forget: true }), again.json.session), 403, 'ACTIVATION')
}
expect('registration: id is not rawId', await finish({ ...aiko.device.create(opened.json.publicKey, { forget: true }), id: 'AAAA' }), 400, 'VALUE')
expect('registration: an unknown session', await finish(aiko.device.create(opened.json.publicKey, { forget: true }), b64u(randomBytes(16))), 403, 'ACTIVATION')
const session2 = await open(aiko)
expect('registration for signing', await finish(aiko.device.create(session2.json.publicKey), session2.json.session), 200, undefined,
  (a) => a.json.missing.join() === 'login' && a.json.state === 'active' && /^([0-9a-f]{4} ){3}[0-9a-f]{4}$/.test(a.json.fingerprint) && aiko.jar.get('sealgate') === undefined)
expect('registration: the same session again', await finish(aiko.device.create(session2.json.publicKey, { forget: true, ignoreExclude: true }), session2.json.session), 403, 'ACTIVATION')
expect('enrol: this purpose is there', await open(aiko), 409, 'CONFLICT')
const made = expect('registration for login begins a session', { ...(await aiko.post('/account/enrol/open', { link: aikos.link, code: aikos.code, purpose: 'login' })) }, 200)
expect('registration for login', await finish(aiko.device.create(made.json.publicKey), made.json.session), 200, undefined,
  (a) => a.json.missing.length === 0 && aiko.jar.get('sealgate')?.length === 43 && a.json.csrf.length === 43)
expect('the session', await aiko.get('/account/session'), 200, undefined, (a) => a.json.person === aikos.person && a.json.method === 'enrolment')
expect('enrol: the link is used up', await open(stranger), 403, 'ACTIVATION')

// ---- login (AU-3) ---------------------------------------------------------------------------------------------------
const login = aiko.device.credentials.at(-1)
const sign = aiko.device.credentials.find((c) => c !== login)
login.purpose = 'login'
const first = aiko.jar.get('sealgate')
expect('login', await aiko.login(), 200, undefined, (a) => a.json.person === aikos.person && a.headers['set-cookie'].some((c) => /^sealgate=.{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=7200$/.test(c)))
holds('a login rotates the session', aiko.jar.get('sealgate') !== first)
const old = new Browser(BASE); old.jar.set('sealgate', first)
expect('the session before is over', await old.get('/account/session'), 401, 'UNAUTHENTICATED')

const fresh = () => { const b = new Browser(BASE, { device: aiko.device }); return b }
expect('fixation: a planted cookie is not taken over', await (async () => { const b = fresh(); b.jar.set('sealgate', 'f'.repeat(43)); const a = await b.login(); holds('the cookie is new', b.jar.get('sealgate') !== 'f'.repeat(43)); return a })(), 200)
for (const [what, over, credential] of [
  ['another origin', { origin: 'https://evil.example' }], ['a slash behind the origin', { origin: `${BASE}/` }], ['another port', { origin: `http://localhost:${port + 1}` }],
]) expect(`login: ${what}`, await fresh().login(over, credential), 403, 'ACTIVATION')
expect('login again: failures are forgotten', await fresh().login(), 200)
for (const [what, over, credential] of [
  ['no user verification', { uv: false }], ['nobody present', { up: false }], ['the signing passkey', {}, sign],
]) expect(`login: ${what}`, await fresh().login(over, credential), 403, 'ACTIVATION')
expect('login once more', await fresh().login(), 200)
for (const [what, over] of [
  ['another RP ID', { rpId: 'evil.example' }], ['a counter that stands still', { count: 1 }], ['somebody else\'s handle', { userHandle: randomBytes(32) }],
]) expect(`login: ${what}`, await fresh().login(over), 403, 'ACTIVATION')
expect('login after these', await fresh().login(), 200)
const nobody = new Browser(BASE)
nobody.device.create({ ...made.json.publicKey, excludeCredentials: [] })
expect('login: an unknown passkey', await nobody.login({}, nobody.device.credentials[0]), 403, 'ACTIVATION')
const crossed = fresh()
const theirs = await crossed.post('/account/login/options')
const elsewhere = fresh()
await elsewhere.post('/account/login/options')
const given = aiko.device.get(theirs.json.publicKey, { credential: login })
expect('login: the challenge of another browser', await elsewhere.post('/account/login', { credential: given }), 403, 'ACTIVATION')
expect('login: without the browser\'s cookie', await new Browser(BASE).post('/account/login', { credential: given }), 403, 'ACTIVATION')
expect('login: from another origin\'s page', await crossed.post('/account/login', { credential: given }, { origin: 'https://evil.example' }), 403, 'POLICY')
expect('login: a site that is not ours says so', await crossed.post('/account/login', { credential: given }, { origin: undefined, 'sec-fetch-site': 'cross-site' }), 403, 'POLICY')
const pre = crossed.jar.get('sealgate-pre')
expect('login: and the right one', await crossed.post('/account/login', { credential: given }), 200)
const replay = new Browser(BASE); replay.jar.set('sealgate-pre', pre)
expect('login: an assertion twice', await replay.post('/account/login', { credential: given }), 403, 'ACTIVATION')
const hinted = fresh()
const hint = await hinted.post('/account/login/options', { person: aikos.person })
expect('login: passkeys of a named person', hint, 200, undefined, (a) => a.json.publicKey.allowCredentials.length === 1 && a.json.publicKey.allowCredentials[0].id === b64u(login.id))
const forHer = aiko.device.get(hint.json.publicKey)
expect('login: the challenge was for her alone', await hinted.post('/account/login', { credential: forHer }), 403, 'ACTIVATION')
expect('login: with her name', await hinted.post('/account/login', { credential: forHer, person: aikos.person }), 200)
for (const [what, body] of [['no JSON', undefined], ['no credential', {}], ['no response', { credential: { id: 'AA', rawId: 'AA', type: 'public-key' } }], ['padding', { credential: { ...given, rawId: `${given.rawId}=` } }]]) {
  const b = fresh()
  const a = body === undefined ? await b.send('POST', '/account/login', undefined, { 'content-type': 'application/json' }) : await b.post('/account/login', body)
  expect(`login: ${what}`, a, 400)
}

// ---- sessions (AU-6) -----------------------------------------------------------------------------------------------------
expect('no session', await new Browser(BASE).get('/account/session'), 401, 'UNAUTHENTICATED')
expect('another browser with the cookie', await aiko.get('/account/session', { 'user-agent': 'curl/8' }), 401, 'UNAUTHENTICATED')
expect('the browser after an update', await aiko.get('/account/session', { 'user-agent': 'Mozilla/5.0 (test) Firefox/141.0' }), 200)
expect('the cookie twice', await aiko.get('/account/session', { cookie: `${aiko.cookie()}; sealgate=${'x'.repeat(43)}` }), 401, 'UNAUTHENTICATED')
for (const [what, over] of [['no CSRF token', { 'x-csrf-token': undefined }], ['a wrong CSRF token', { 'x-csrf-token': 'A'.repeat(43) }], ['the cookie as CSRF token', { 'x-csrf-token': aiko.jar.get('sealgate') }],
  ['another origin', { origin: 'https://evil.example' }], ['origin null', { origin: 'null' }], ['no origin at all', { origin: undefined, 'sec-fetch-site': undefined }], ['same site, not same origin', { origin: undefined, 'sec-fetch-site': 'same-site' }]]) {
  expect(`a change with ${what}`, await aiko.post('/account/keys', {}, over), 403, 'POLICY')
}
expect('a form cannot send what we take', await aiko.send('POST', '/account/keys', undefined, { 'content-type': 'text/plain' }), 201) // no body at all: nothing to misread
expect('a body of another type', await call('POST', `${BASE}/account/keys`, { headers: { cookie: aiko.cookie(), origin: BASE, 'x-csrf-token': aiko.csrf, 'user-agent': aiko.agent, 'content-type': 'text/plain' }, body: '{}' }), 415)

const second = fresh()
await second.login()
const third = fresh()
await third.login()
expect('logout', await second.post('/account/logout'), 200, undefined, (a) => a.headers['set-cookie'].some((c) => /^sealgate=;.*Max-Age=0/.test(c)))
expect('after logout', await second.get('/account/session'), 401)
expect('the others stay', await third.get('/account/session'), 200)

// ---- passkeys (AU-2, AU-4) -------------------------------------------------------------------------------------------------
expect('passkeys', await aiko.get('/account/passkeys'), 200, undefined, (a) => a.json.passkeys.length === 2 && a.json.passkeys.every((p) => p.state === 'active') && !a.text.includes('sign_count'))
const asked = await aiko.post('/account/passkeys/options', { purpose: 'sign' })
expect('a further passkey', asked, 200, undefined, (a) => a.json.publicKey.excludeCredentials[0].id === b64u(sign.id))
const phone = new Authenticator({ origin: BASE })
const further = await aiko.post('/account/passkeys', { session: asked.json.session, credential: phone.create(asked.json.publicKey), label: 'phone' })
expect('it waits for a gesture', further, 201, undefined, (a) => a.json.state === 'waits' && a.json.template === 'register/1' && a.json.text.includes('phone') && a.json.text.includes(a.json.fingerprint) &&
  a.json.publicKey.allowCredentials.length === 1)
const approve = (credential, id = further.json.id) => aiko.post(`/account/passkeys/${id}/approve`, { credential })
expect('not by the new passkey itself', await approve(phone.get({ ...further.json.publicKey, allowCredentials: [] })), 403, 'ACTIVATION')
expect('not by the login passkey', await approve(aiko.device.get(further.json.publicKey, { credential: login })), 403, 'ACTIVATION')
expect('not without user verification', await approve(aiko.device.get(further.json.publicKey, { uv: false })), 403, 'ACTIVATION')
expect('not for another challenge', await approve(aiko.device.get({ ...further.json.publicKey, challenge: b64u(randomBytes(32)) })), 403, 'ACTIVATION')
expect('not under another name', await approve(aiko.device.get(further.json.publicKey), b64u(randomBytes(32))), 404)
expect('by the signing passkey', await approve(aiko.device.get(further.json.publicKey)), 200, undefined, (a) => a.json.state === 'registered')
expect('not twice', await approve(aiko.device.get(further.json.publicKey)), 404)
expect('it counts', await aiko.get('/account/passkeys'), 200, undefined, (a) => a.json.passkeys.find((p) => p.label === 'phone')?.state === 'active')
const ja = await aiko.post(`/account/passkeys/${further.json.id}/remove`, {}, { 'accept-language': 'ja' })
expect('its removal, in Japanese', ja, 200, undefined, (a) => a.json.template === 'remove/1' && a.json.language === 'ja' && /[぀-ヿ]/.test(a.json.text))
const later = await aiko.post(`/account/passkeys/${further.json.id}/remove`)
expect('asked for in another tab: another question, and the first one stays', later, 200, undefined, (a) => a.json.language === 'en' && a.json.intent !== ja.json.intent)
expect('removed by the gesture', await aiko.post(`/account/passkeys/${further.json.id}/remove/approve`, { credential: aiko.device.get(ja.json.publicKey, { credential: sign }) }), 200, undefined, (a) => a.json.state === 'removed')
expect('whoever was logged in elsewhere is not any more', await third.get('/account/session'), 401, 'UNAUTHENTICATED')
expect('the browser that removed it stays', await aiko.get('/account/session'), 200)
await third.login()
expect('the last signing passkey stays', await aiko.post(`/account/passkeys/${b64u(sign.id)}/remove`), 403, 'POLICY')
expect('nobody\'s passkey', await aiko.post(`/account/passkeys/${b64u(randomBytes(32))}/remove`), 404, 'NOT_FOUND')

// ---- keys, credentials, activity (KEY-2, PRO-3, EV-4) --------------------------------------------------------------------
const key = expect('a holder key', await aiko.post('/account/keys', { alg: 'ES256', unique: b64u(randomBytes(16)) }), 201, undefined, (a) => a.json.jwk.crv === 'P-256')
expect('a key of an algorithm nobody has', await aiko.post('/account/keys', { alg: 'HS256' }), 400, 'ALGORITHM')
expect('a key above the person\'s level', await aiko.post('/account/keys', { level: 3 }), 403)
expect('keys', await aiko.get('/account/keys'), 200, undefined, (a) => a.json.keys.some((k) => k.key === key.json.key))
const system = new SystemClient(BASE, DIR)
const claims = JSON.parse(readFileSync(new URL('../../../conf/demo/claims.json', import.meta.url)))
const badge = (await system.api('POST', '/v1/credentials', { configuration: 'employee_badge_sd_jwt', claims, holder_jwk: key.json.jwk })).json
const foreign = (await system.api('POST', '/v1/credentials', { configuration: 'employee_badge_sd_jwt', claims, holder_jwk: newKey().jwk })).json
const kept = expect('a credential in our care', await aiko.post('/account/credentials', { format: badge.format, configuration: 'employee_badge_sd_jwt', credential: badge.credential }), 201, undefined, (a) => a.json.key === key.json.key)
expect('the same again', await aiko.post('/account/credentials', { credential: badge.credential }), 409, 'CONFLICT')
expect('bound to another\'s key', await aiko.post('/account/credentials', { credential: foreign.credential }), 403, 'KEY_USE')
expect('no credential', await aiko.post('/account/credentials', { credential: 'x.y.z' }), 400)
expect('a credential of another format than said', await aiko.post('/account/credentials', { format: 'mso_mdoc', credential: badge.credential }), 400)
expect('the list', await aiko.get('/account/credentials'), 200, undefined, (a) => a.json.credentials.length === 1 && !a.text.includes(claims.given_name))
expect('one of them', await aiko.get(`/account/credentials/${kept.json.id}`), 200, undefined, (a) => a.json.credential === badge.credential && a.headers['cache-control'] === 'no-store')
holds('it lies sealed', !readFileSync(join(DIR, 'gateway', 'store.db')).includes(badge.credential.slice(0, 60)))
expect('activity', await aiko.get('/account/activity'), 200, undefined, (a) => a.json.uses.map((u) => u.operation).join() === 'remove,register' && a.json.uses.every((u) => u.outcome === 'ok'))
const use = (await aiko.get('/account/activity?n=1')).json
expect('activity, one by one', await aiko.get(`/account/activity?n=1&before=${use.next}`), 200, undefined, (a) => a.json.uses[0].operation === 'register')
expect('what was read', await aiko.get(`/account/activity/${use.uses[0].seq}`), 200, undefined, (a) => a.json.text === ja.json.text)
expect('activity of a number that is none', await aiko.get('/account/activity/x'), 404)
expect('profile', await aiko.send('PUT', '/account/profile', { display_name: '山田 愛子', email: 'aiko@example.org' }), 200)
expect('profile again', await aiko.get('/account/profile'), 200, undefined, (a) => a.json.display_name === '山田 愛子')
expect('a profile with a line break', await aiko.send('PUT', '/account/profile', { display_name: 'a\nb' }), 400)

// ---- two persons: nothing of the other's ---------------------------------------------------------------------------------
const bens = invite(BIN, DIR)
const ben = new Browser(BASE)
await ben.enrol(bens.link, bens.code)
ben.device.credentials[1].purpose = 'login'
expect('another\'s credential', await ben.get(`/account/credentials/${kept.json.id}`), 404, 'NOT_FOUND')
expect('another\'s credential, removed', await ben.send('DELETE', `/account/credentials/${kept.json.id}`), 404, 'NOT_FOUND')
expect('another\'s consent', await ben.get(`/account/activity/${use.uses[0].seq}`), 404, 'NOT_FOUND')
expect('another\'s passkey', await ben.post(`/account/passkeys/${b64u(sign.id)}/remove`), 404, 'NOT_FOUND')
expect('another\'s credential, taken', await ben.post('/account/credentials', { credential: badge.credential }), 403, 'KEY_USE')

// ---- wallets (AU-6; RFC 6749, 7636, 9207, 9449, 9700) ---------------------------------------------------------------------
const verifier = b64u(randomBytes(32))
const challenge = createHash('sha256').update(verifier).digest('base64url')
const wish = (over = {}) => ({ response_type: 'code', client_id: 'wallet-1', redirect_uri: CALLBACK, scope: 'holder', state: 'a b&c', code_challenge: challenge, code_challenge_method: 'S256', ...over })
const authorize = (over) => call('GET', `${BASE}/oid4vci/authorize?${new URLSearchParams(wish(over))}`, { headers: { accept: 'application/json' } })
const metadata = (await call('GET', `${BASE}/.well-known/oauth-authorization-server`)).json
holds('metadata of the code grant', metadata.authorization_endpoint === `${BASE}/oid4vci/authorize` && metadata.code_challenge_methods_supported.join() === 'S256' && metadata.response_types_supported.join() === 'code' &&
  metadata.grant_types_supported.includes('authorization_code') && metadata.authorization_response_iss_parameter_supported === true && metadata.scopes_supported.join() === 'holder,activity')
for (const [what, over] of [['an unknown client', { client_id: 'nobody' }], ['an address that is not registered', { redirect_uri: `${CALLBACK}/x` }], ['another\'s address', { redirect_uri: `${CALLBACK}/2` }], ['no address', { redirect_uri: '' }]]) {
  expect(`authorize: ${what}`, await authorize(over), 400, 'invalid_client', (a) => a.headers.location === undefined)
}
for (const [what, over, word] of [['a token at once', { response_type: 'token' }, 'unsupported_response_type'], ['the scope of credentials', { scope: 'employee_badge' }, 'invalid_scope'], ['activity alone', { scope: 'activity' }, 'invalid_scope'], ['a scope twice', { scope: 'holder holder' }, 'invalid_scope'], ['blanks', { scope: 'holder  activity' }, 'invalid_scope'], ['authorization_details', { authorization_details: '[]' }, 'invalid_scope'],
  ['no PKCE', { code_challenge: '', code_challenge_method: '' }, 'invalid_request'], ['plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'], ['a pushed request', { request_uri: 'urn:x' }, 'request_uri_not_supported'], ['a request object', { request: 'x' }, 'request_not_supported']]) {
  expect(`authorize: ${what}`, await authorize(over), 303, undefined, (a) => {
    const to = new URL(a.headers.location)
    return `${to.origin}${to.pathname}` === CALLBACK && to.searchParams.get('error') === word && to.searchParams.get('state') === 'a b&c' && to.searchParams.get('iss') === BASE
  })
}
expect('authorize: a long state comes back whole', await authorize({ scope: 'x', state: '&'.repeat(1000) }), 303, undefined, (a) => new URL(a.headers.location).searchParams.get('state') === '&'.repeat(1000))
expect('authorize: the page', await call('GET', `${BASE}/oid4vci/authorize?${new URLSearchParams(wish())}`, { headers: { accept: 'text/html' } }), 200, undefined, (a) => a.text.includes('Example Wallet') && a.text.includes(CALLBACK) && /frame-ancestors 'none'/.test(a.headers['content-security-policy']))
expect('authorize: the page says what else is asked for', await call('GET', `${BASE}/oid4vci/authorize?${new URLSearchParams(wish({ scope: 'activity holder' }))}`, { headers: { accept: 'text/html' } }), 200, undefined, (a) => a.text.includes('Read your whole activity'))
expect('authorize: and only then', await call('GET', `${BASE}/oid4vci/authorize?${new URLSearchParams(wish())}`, { headers: { accept: 'text/html' } }), 200, undefined, (a) => !a.text.includes('Read your whole activity'))
const answer = (browser, over, decision = 'allow', headers) => browser.post('/account/authorize', { ...wish(over), decision }, headers)
expect('a wallet is let in by nobody who is not there', await answer(new Browser(BASE)), 401)
expect('a wallet is let in by our own page alone', await answer(aiko, {}, 'allow', { origin: 'https://evil.example' }), 403, 'POLICY')
expect('the person says no', await answer(aiko, {}, 'refuse'), 200, undefined, (a) => new URL(a.json.redirect_uri).searchParams.get('error') === 'access_denied')
const wallet = newKey()
const codeOf = async (over) => new URL((await answer(aiko, over)).json.redirect_uri).searchParams
const granted = await codeOf()
holds('code, state and issuer', granted.get('code')?.length === 43 && granted.get('state') === 'a b&c' && granted.get('iss') === BASE)
const token = (over, { key: k = wallet, proof = dpop(k, 'POST', TOKEN) } = {}) => call('POST', TOKEN, { headers: { ...FORM, ...(proof && { dpop: proof }) },
  body: new URLSearchParams({ grant_type: 'authorization_code', client_id: 'wallet-1', redirect_uri: CALLBACK, code_verifier: verifier, ...over }).toString() })
expect('token: no proof of possession', await token({ code: granted.get('code') }, { proof: null }), 400, 'invalid_dpop_proof')
for (const [what, over] of [['another verifier', { code_verifier: b64u(randomBytes(32)) }], ['another client', { client_id: 'wallet-2' }], ['another address', { redirect_uri: `${CALLBACK}/2` }], ['the challenge as verifier', { code_verifier: challenge }]]) {
  const code = (await codeOf()).get('code')
  expect(`token: ${what}`, await token({ code, ...over }), 400, 'invalid_grant')
  expect(`token: and then the code is used up (${what})`, await token({ code }), 400, 'invalid_grant')
}
expect('token: no verifier', await token({ code: granted.get('code'), code_verifier: '' }), 400, 'invalid_request')
const jkt = createHash('sha256').update(JSON.stringify({ crv: wallet.jwk.crv, kty: wallet.jwk.kty, x: wallet.jwk.x, y: wallet.jwk.y })).digest('base64url')
const bound = (await codeOf({ dpop_jkt: jkt })).get('code')
expect('token: a code bound to a key, and another key', await token({ code: bound }, { key: newKey() }), 400, 'invalid_grant')
const issued = expect('token', await token({ code: granted.get('code') }), 200, undefined, (a) => a.json.token_type === 'DPoP' && a.json.scope === 'holder' && a.json.expires_in === 600 && a.headers['cache-control'] === 'no-store')
const asWallet = (method, path, body, { key: k = wallet, bearer = false, token: t = issued.json.access_token } = {}) => call(method, BASE + path, {
  headers: { 'content-type': 'application/json', authorization: `${bearer ? 'Bearer' : 'DPoP'} ${t}`, ...(!bearer && { dpop: dpop(k, method, BASE + path, t) }) }, body: body && JSON.stringify(body) })
expect('the wallet acts', await asWallet('GET', '/account/session'), 200, undefined, (a) => a.json.person === aikos.person && a.json.client === 'wallet-1')
expect('the wallet sees credentials', await asWallet('GET', '/account/credentials'), 200, undefined, (a) => a.json.credentials.length === 1)
expect('the wallet sees no activity that it did not cause', await asWallet('GET', '/account/activity'), 200, undefined, (a) => a.json.uses.length === 0)
expect('nor a text of it', await asWallet('GET', `/account/activity/${use.uses[0].seq}`), 404, 'NOT_FOUND')
expect('the wallet makes a key', await asWallet('POST', '/account/keys', {}), 201)
expect('as Bearer', await asWallet('GET', '/account/session', undefined, { bearer: true }), 401)
expect('with another key', await asWallet('GET', '/account/session', undefined, { key: newKey() }), 401)
for (const [method, path, body] of [['GET', '/account/passkeys'], ['POST', '/account/passkeys/options', { purpose: 'sign' }], ['POST', '/account/erase', {}], ['POST', '/account/logout', { everywhere: true }], ['PUT', '/account/profile', {}], ['GET', '/account/profile']]) {
  expect(`the wallet may not: ${method} ${path}`, await asWallet(method, path, body), 403)
}
expect('an offer\'s endpoint is not for it', await asWallet('POST', '/oid4vci/credential', {}), 403)
expect('the management is not for it', await asWallet('GET', '/v1/keys'), 403)
expect('the management\'s token is no holder\'s', await (async () => { await system.signIn(); return asWallet('GET', '/account/session', undefined, { key: system.key, token: system.token }) })(), 403)
{
  const code = (await codeOf({ scope: 'holder activity' })).get('code')
  const wide = expect('token of two scopes', await token({ code }), 200, undefined, (a) => a.json.scope === 'holder activity')
  const t = { token: wide.json.access_token }
  expect('with activity: all of it', await asWallet('GET', '/account/activity', undefined, t), 200, undefined, (a) => a.json.uses.map((u) => u.operation).join() === 'remove,register')
  expect('with activity: the text', await asWallet('GET', `/account/activity/${use.uses[0].seq}`, undefined, t), 200, undefined, (a) => a.json.text === ja.json.text)
  expect('with activity: no passkeys all the same', await asWallet('GET', '/account/passkeys', undefined, t), 403)
}
expect('the code again: its token ends', await token({ code: granted.get('code') }), 400, 'invalid_grant')
expect('and has ended', await asWallet('GET', '/account/session'), 401)
const native = await codeOf({ redirect_uri: 'http://127.0.0.1:49999/cb' })
const nativeToken = await token({ code: native.get('code'), redirect_uri: 'http://127.0.0.1:49999/cb' })
expect('a native wallet\'s port is free (RFC 8252 7.3)', nativeToken, 200)

// ---- logout everywhere --------------------------------------------------------------------------------------------------------
expect('logout everywhere', await third.post('/account/logout', { everywhere: true }), 200)
expect('every session is over', await aiko.get('/account/session'), 401)
expect('every wallet\'s access too', await asWallet('GET', '/account/session', undefined, { token: nativeToken.json.access_token }), 401)
expect('another person\'s is not', await ben.get('/account/session'), 200)
expect('login works on', await aiko.login(), 200)

// ---- lock-out (AU-7), decided durably ---------------------------------------------------------------------------------------------
for (let i = 0; i < 4; i++) expect(`wrong login ${i}`, await (() => { const b = new Browser(BASE, { device: ben.device }); return b.login({ uv: false }, ben.device.credentials[1]) })(), 403, 'ACTIVATION')
const right = () => { const b = new Browser(BASE, { device: ben.device }); return b.login({}, ben.device.credentials[1]) }
expect('then not even the right one', await right(), 403, 'ACTIVATION')
expect('who is in stays in', await ben.get('/account/session'), 200)
expect('others are not locked', await fresh().login(), 200)

// ---- an operator's lock: no login, and what is open ends when it is seen ------------------------------------------------------------
const carols = invite(BIN, DIR)
const carol = new Browser(BASE)
await carol.enrol(carols.link, carols.code)
const carolsLogin = carol.device.credentials[1]
const daves = invite(BIN, DIR)
const dave = new Browser(BASE)
await dave.enrol(daves.link, daves.code)
expect('carol is in', await carol.get('/account/session'), 200)
execFileSync(BIN, ['person', 'lock', daves.person, '--dir', DIR, '--operator', join(DIR, 'operators', 'operator1.json')], { stdio: ['ignore', 'ignore', 'ignore'] })
execFileSync(BIN, ['person', 'lock', carols.person, '--dir', DIR, '--operator', join(DIR, 'operators', 'operator1.json')], { stdio: ['ignore', 'ignore', 'ignore'] })
const lockedAt = Date.now()
while ((await carol.get('/account/session')).status === 200 && Date.now() - lockedAt < 10000) await sleep(100)
expect('locked: out, though nothing was asked that reads passkeys or keys', await carol.get('/account/session'), 401, 'UNAUTHENTICATED')
expect('locked: no credentials either', await carol.get('/account/credentials'), 401)
expect('locked: no key', await carol.post('/account/keys'), 401)
await sleep(2500) // dave's browser says nothing meanwhile
execFileSync(BIN, ['person', 'unlock', daves.person, '--dir', DIR, '--operator', join(DIR, 'operators', 'operator1.json'), '--operator', join(DIR, 'operators', 'operator2.json')], { stdio: ['ignore', 'ignore', 'ignore'] })
expect('a session does not outlive a lock, used or not', await dave.get('/account/session'), 401)
expect('and a new login works', await dave.login(), 200)
expect('locked: no login', await (() => { const b = new Browser(BASE, { device: carol.device }); return b.login({}, carolsLogin) })(), 403, 'ACTIVATION')
expect('locked: out', await carol.get('/account/passkeys'), 401)
expect('locked: everywhere', await carol.get('/account/session'), 401)

// ---- after a restart: sessions last, challenges do not; then short lives ------------------------------------------------------------
const before = fresh()
const waiting = await before.post('/account/login/options')
halt()
await start()
expect('a session outlives a restart', await ben.get('/account/session'), 200)
expect('a challenge does not', await before.post('/account/login', { credential: aiko.device.get(waiting.json.publicKey, { credential: login }) }), 403, 'ACTIVATION')
expect('the lock is still there', await right(), 403, 'ACTIVATION')
halt()
conf('session_idle_s = 5\nsession_lifetime_s = 9\nsession_recent_s = 1\nlogin_lock_s = 1')
await start()
const used = fresh()
const idle = fresh()
expect('login', await used.login(), 200)
const started = Date.now()
expect('login of another browser', await idle.login(), 200)
await sleep(2500)
expect('used in time', await used.get('/account/session'), 200)
expect('what protects the account wants a fresh login', await used.post('/account/erase'), 401, 'UNAUTHENTICATED')
expect('and so does a wallet', await answer(used), 401, 'UNAUTHENTICATED')
await sleep(2800)
expect('used again in time', await used.get('/account/session'), 200)
expect('idle for too long', await idle.get('/account/session'), 401, 'UNAUTHENTICATED')
while (Date.now() - started < 9500) await sleep(100)
expect('over its absolute time', await used.get('/account/session'), 401, 'UNAUTHENTICATED')

// ---- the end (EV-4) --------------------------------------------------------------------------------------------------------------------
expect('login at the end', await aiko.login(), 200)
expect('erase', await aiko.post('/account/erase'), 200)
expect('erased: the session', await aiko.get('/account/session'), 401)
expect('erased: no way in', await fresh().login(), 403, 'ACTIVATION')
halt()
const ledger = spawnSync(BIN, ['ledger', 'verify', '--dir', DIR, '--json'], { encoding: 'utf8' })
await start()
const recorded = /(\d+) of persons, \d+ status orders, (\d+) notes/.exec(ledger.stdout) // EV-5: who enrolled, who logged in and who failed to
holds('passkeys and logins are in the ledger', recorded !== null && Number(recorded[1]) >= 2 && Number(recorded[2]) >= 2, ledger.stdout)
const verified = spawnSync(BIN, ['ledger', 'verify', '--dir', DIR], { encoding: 'utf8' })
holds('the ledger is whole without her', verified.status === 0, verified.stdout + verified.stderr + ledger.stderr)
stop()
console.log(`${cases} cases, ${failures} failed`)
process.exit(failures === 0 ? 0 : 1)
