// Presentations and key proofs over the three real processes: a person's passkey (authenticator.mjs), a verifier of the test's own, credentials issued to keys in the
// token. Expectations are the clauses named beside them. req: PRO-3, AU-4, SIG-1, SIG-2, SIG-3, SIG-4, SIG-6, EV-2
//   node presentations.mjs BUILD_DIR
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createDecipheriv, createHash, createPublicKey, diffieHellman, randomBytes, sign, verify } from 'node:crypto'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { call, dpop, newKey } from '../../crash/system/wallet.mjs'
import { b64u, unb64u } from './authenticator.mjs'
import { Browser, invite } from './browser.mjs'

const BIN = resolve(process.argv[2] ?? 'build/dev', 'sealgate')
const port = Number(process.env.SEALGATE_REPLAY_PORT ?? 19300)
const BASE = `http://localhost:${port}`
const CALLBACK = 'https://wallet.example/cb'
const VERIFIER = `http://localhost:${port + 1}`
const work = mkdtempSync(join(tmpdir(), 'sealgate-presentations-'))
const DIR = join(work, 'state')
const sha256 = (...parts) => parts.reduce((h, p) => h.update(p), createHash('sha256')).digest()
const json64 = (text) => JSON.parse(unb64u(text))

let failures = 0
let cases = 0
function check(what, good, detail = '') {
  cases++
  if (!good) { failures++; console.log(`FAILED ${what} ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`.slice(0, 1500)) }
}
const expect = (what, answer, status, code) => check(what, answer.status === status && (code === undefined || answer.json?.code === code),
  `status ${answer.status}, want ${status} ${code ?? ''}: ${answer.text.slice(0, 400)}`)

// ---- the verifier: hands out request objects, takes responses -----------------------------------------------------------------
const posts = []     // { path, form }
const objects = new Map()
let verdict = () => ({ status: 200, body: { redirect_uri: `${VERIFIER}/thanks` } })
const server = createServer((req, res) => {
  let body = ''
  req.on('data', (d) => { body += d })
  req.on('end', () => {
    const path = new URL(req.url, VERIFIER).pathname
    if (objects.has(path)) {
      const object = objects.get(path)
      res.writeHead(200, { 'content-type': 'application/oauth-authz-req+jwt' })
      return res.end(object(req.method, new URLSearchParams(body)))
    }
    if (!path.startsWith('/response/')) { res.writeHead(404); return res.end() }
    posts.push({ path, form: Object.fromEntries(new URLSearchParams(body)) })
    const { status, body: answer, headers } = verdict()
    res.writeHead(status, { 'content-type': 'application/json', ...headers })
    res.end(JSON.stringify(answer))
  })
})
await new Promise((done) => server.listen(port + 1, '127.0.0.1', done))

const FORMATS = { 'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256'], 'kb-jwt_alg_values': ['ES256'] }, mso_mdoc: {}, ldp_vc: {}, jwt_vc_json: {} }
const badge = (more = {}) => ({ id: 'badge', format: 'dc+sd-jwt', meta: { vct_values: [`${BASE}/credentials/employee_badge`] },
  claims: [{ path: ['given_name'] }, { path: ['address', 'locality'] }], ...more })
const card = { id: 'card', format: 'mso_mdoc', meta: { doctype_value: 'org.example.employee_badge.1' },
  claims: [{ path: ['org.example.employee_badge.1', 'family_name'], intent_to_retain: true }] }
let requests = 0
function request(over = {}) {
  const uri = `${VERIFIER}/response/${++requests}`
  return { client_id: `redirect_uri:${uri}`, response_uri: uri, response_type: 'vp_token', response_mode: 'direct_post', nonce: b64u(randomBytes(24)), state: `state-${requests}`,
    dcql_query: { credentials: [badge()] }, client_metadata: { client_name: 'Test Shop', vp_formats_supported: FORMATS }, ...over }
}
const received = (r) => posts.filter((p) => r.response_uri.endsWith(p.path))

// ---- the stack --------------------------------------------------------------------------------------------------------------
execFileSync(BIN, ['init', '--demo', '--dir', DIR, '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'ignore', 'inherit'] })
appendFileSync(join(DIR, 'conf/gateway.ini'), `\nconsent_lifetime_s = 30\nstatus_ttl_s = 1\nwallets = wallet-1|${CALLBACK}|Example Wallet\n`)
mkdirSync(join(DIR, 'verifiers'))
writeFileSync(join(DIR, 'verifiers/shop.json'), JSON.stringify({ client_id: 'example-shop', name: { en: 'Registered Shop', ja: '登録済みの店' }, purposes: ['Age check'], uris: [`${VERIFIER}/response/shop`] }))
writeFileSync(join(DIR, 'verifiers/payment.json'), JSON.stringify({ transaction_type: 'payment', members: { amount: { kind: 'text', required: true }, payee: { kind: 'text' } } }))
const supervisor = spawn(BIN, ['run', '--dir', DIR], { stdio: ['ignore', 'ignore', 'ignore'] })
const stop = () => { spawnSync(BIN, ['stop', '--dir', DIR]); supervisor.kill('SIGTERM'); server.close(); server.closeAllConnections(); rmSync(work, { recursive: true, force: true }) }
process.on('uncaughtException', (e) => { console.log(e); try { console.log(spawnSync('sh', ['-c', `tail -n 8 ${DIR}/run/*.log`], { encoding: 'utf8' }).stdout) } catch { } stop(); process.exit(1) })
let ready = false
for (let i = 0; i < 300 && !ready; i++) {
  try { ready = (await call('GET', `${BASE}/readyz`, { timeout: 1000 })).status === 200 } catch { /* starting */ }
  if (!ready) await sleep(100)
}
if (!ready) { console.log('the gateway never became ready'); console.log(spawnSync('sh', ['-c', `tail -n 8 ${DIR}/run/*.log`], { encoding: 'utf8' }).stdout); stop(); process.exit(1) }

// ---- a person, two keys, credentials bound to them ----------------------------------------------------------------------------
const sealgate = (...args) => execFileSync(BIN, [...args, '--dir', DIR], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const invited = invite(BIN, DIR)
const aiko = new Browser(BASE)
await aiko.enrol(invited.link, invited.code)
expect('login', await aiko.login(), 200)
const keys = []
for (let i = 0; i < 2; i++) {
  const made = await aiko.post('/account/keys', { alg: 'ES256', level: 2 })
  expect('a key in the token', made, made.status)
  check('its public part', made.json?.jwk?.kty === 'EC', made.text)
  keys.push(made.json)
}
const signing = (options) => aiko.device.get(options) // the first credential that is allowed
async function hold(configuration, key) {
  const file = join(work, `${configuration}-${randomBytes(3).toString('hex')}`)
  writeFileSync(`${file}.jwk`, JSON.stringify(key.jwk))
  sealgate('issue', '--configuration', configuration, '--claims', 'conf/demo/claims.json', '--holder-jwk', `${file}.jwk`, '--out', file)
  const credential = readFileSync(file, 'utf8').trim()
  const format = configuration.endsWith('mdoc') ? 'mso_mdoc' : 'dc+sd-jwt'
  const added = await aiko.post('/account/credentials', { format, configuration, credential })
  check(`${configuration} in our care`, added.status === 201 || added.status === 200, added.text)
  return { file, credential }
}
const first = await hold('employee_badge_sd_jwt', keys[0])
await hold('employee_badge_mdoc', keys[1])

const ask = (r, more = {}, who = aiko) => who.post('/vp/presentations', { request: r, delivery: 'post', language: 'en', ...more })
const approve = (q, over = {}, who = aiko) => who.post(`/vp/presentations/${q.json.id}/approve`, { credential: signing(q.json.publicKey), ...over })

// What leaves this question open until the end: it expires meanwhile.
const late = await ask(request())
expect('a question that nobody answers', late, 201)
const lateAt = Date.now()

// ---- direct_post (8.2), and what the verifier checks (8.6) ----------------------------------------------------------------------
const theirs = (q) => Buffer.concat([Buffer.from('sealgate/intent/v1\0'), unb64u(q.json.intent)])
function checkQuestion(q) { // docs/wire: anybody can write text, intent id and challenge again
  const textHash = sha256(q.json.text)
  check('the text is in the intent', unb64u(q.json.intent).includes(Buffer.concat([Buffer.from([5, 0x58, 0x20]), textHash])))
  const challenge = sha256(Buffer.from('sealgate/challenge/v1\0'), sha256(theirs(q)), unb64u(q.json.nonce))
  check('the challenge is of this intent', b64u(challenge) === q.json.publicKey.challenge)
}
function checkBadge(text, r, jwk) {
  const [jwt, ...rest] = text.split('~')
  const kb = rest.pop()
  const [header, payload, signature] = kb.split('.')
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  check('KB-JWT verifies under the key in the token', verify('sha256', Buffer.from(`${header}.${payload}`), { key, dsaEncoding: 'ieee-p1363' }, unb64u(signature)))
  check('KB-JWT typ', json64(header).typ === 'kb+jwt')
  const claims = json64(payload)
  check('aud is the whole client_id', claims.aud === r.client_id, claims)
  check('nonce', claims.nonce === r.nonce)
  check('sd_hash', claims.sd_hash === b64u(sha256(`${[jwt, ...rest].join('~')}~`)))
  const names = rest.filter((d) => d).map((d) => json64(d).at(-2))
  check('only what was agreed to', names.every((n) => ['given_name', 'address', 'locality'].includes(n)) && names.includes('given_name'), names)
}
{
  const r = request()
  const q = await ask(r)
  expect('presentation', q, 201)
  checkQuestion(q)
  check('names, no values', q.json.text.includes('- given name\n') && !q.json.text.includes('Hanako'))
  check('asked by', q.json.party?.name === 'Test Shop' && q.json.party.proven === 'nobody' && q.json.text.includes('Nobody has checked this name.'), q.json.party)
  check('candidates', q.json.candidates?.[0]?.credentials?.[0]?.selected === true && q.json.candidates[0].credentials[0].claims.some((c) => c.path[0] === 'given_name' && c.value), q.json.candidates)
  check('openings', q.json.openings?.template === 'present/1' && q.json.openings.commitments?.audience?.value === r.client_id)
  check('nothing was sent before the gesture', received(r).length === 0)
  const done = await approve(q)
  expect('approved', done, 200)
  check('delivered', done.json?.state === 'delivered' && done.json.redirect_uri === `${VERIFIER}/thanks` && done.json.evidence?.length === 1, done.text)
  const [post] = received(r)
  check('state beside vp_token', post?.form.state === r.state)
  const token = JSON.parse(post?.form.vp_token ?? '{}')
  check('an array per query id', Array.isArray(token.badge) && token.badge.length === 1 && Object.keys(token).length === 1, token)
  checkBadge(token.badge[0], r, keys[0].jwk)
  const again = await aiko.get(`/vp/presentations/${q.json.id}`)
  check('afterwards the page has the result and nothing that was shown', again.json?.state === 'delivered' && again.json.redirect_uri && again.json.evidence?.length === 1 &&
    !again.json.text && !again.json.candidates && !again.json.vp_token, again.text)
  expect('approved twice', await approve(q), 409)
  expect('the nonce again (one presentation per request)', await ask(r), 409, 'REPLAY')
  check('one response', received(r).length === 1)
  const kept = join(work, 'shown')
  writeFileSync(kept, token.badge[0])
  for (let i = 0; i < 50; i++) {
    const got = spawnSync(BIN, ['evidence', 'get', kept, '--out', `${kept}.evidence`, '--dir', DIR], { encoding: 'utf8' })
    if (got.status === 0) break
    await sleep(200)
  }
  const verified = spawnSync(BIN, ['evidence', 'verify', `${kept}.evidence`, '--object', kept, '--dir', DIR], { encoding: 'utf8' })
  check('evidence from the presentation alone', verified.status === 0, verified.stdout + verified.stderr)
}

// ---- returned -------------------------------------------------------------------------------------------------------------------
{
  const r = request()
  const q = await ask(r, { delivery: 'return' })
  expect('to be returned', q, 201)
  const done = await approve(q)
  check('returned', done.status === 200 && done.json.state === 'returned' && done.json.verifier_state === r.state, done.text)
  checkBadge(done.json.vp_token.badge[0], r, keys[0].jwk)
  check('not delivered', received(r).length === 0)
}

// ---- credentials that come with the call, and none from the store -----------------------------------------------------------------
{
  const r = request()
  const q = await ask(r, { delivery: 'return', credentials: [{ value: first.credential }] })
  expect('credentials of the wallet', q, 201)
  check('that one alone', q.json.candidates[0].credentials.length === 1)
  expect('approved', await approve(q), 200)
  const none = await ask(request(), { credentials: [] })
  check('nothing fits, and the verifier is not told so', none.status === 201 && none.json.state === 'nothing' && !none.json.publicKey, none.text)
  expect('a credential that is none', await ask(request(), { credentials: [{ value: 'x' }] }), 400)
}

// ---- several credentials and keys, one gesture (SIG-1) ------------------------------------------------------------------------------
{
  const r = request({ dcql_query: { credentials: [badge(), card] } })
  const q = await ask(r)
  expect('two credentials', q, 201)
  check('both in the text', q.json.text.includes('1 of 2') && q.json.text.includes('family name (the asker says that it will keep this)'), q.json.text)
  const done = await approve(q)
  check('two signatures, one gesture', done.status === 200 && done.json.evidence?.length === 2, done.text)
  const token = JSON.parse(received(r)[0]?.form.vp_token ?? '{}')
  check('an entry for each', typeof token.badge?.[0] === 'string' && typeof token.card?.[0] === 'string')
  checkBadge(token.badge[0], r, keys[0].jwk)
  check('the mdoc has the one element', unb64u(token.card[0]).includes('family_name') && !unb64u(token.card[0]).includes('given_name'))
}

// ---- refusal (8.5, 15.4.1): the same words whether there was something or nothing ------------------------------------------------------
{
  const r = request()
  const q = await ask(r)
  const done = await aiko.post(`/vp/presentations/${q.json.id}/refuse`)
  check('refused', done.status === 200 && done.json.state === 'refused' && done.json.redirect_uri === `${VERIFIER}/thanks`, done.text)
  const other = request({ dcql_query: { credentials: [badge({ meta: { vct_values: ['urn:unknown'] } })] } })
  const nothing = await ask(other)
  check('nothing fits', nothing.json?.state === 'nothing', nothing.text)
  check('the verifier learns nothing before the person has acted', received(other).length === 0)
  await aiko.post(`/vp/presentations/${nothing.json.id}/refuse`)
  const told = [r, other].map((x) => received(x)[0]?.form)
  check('access_denied for both', told.every((f) => f?.error === 'access_denied' && !f.vp_token), told)
  check('and nothing else differs', JSON.stringify(Object.keys(told[0])) === JSON.stringify(Object.keys(told[1])) && told[0].state === r.state, told)
  expect('an approval after the refusal', await approve(q), 409)
}

// ---- another selection, another language ---------------------------------------------------------------------------------------------
{
  await hold('employee_badge_sd_jwt', keys[1])
  const r = request()
  const q = await ask(r, { delivery: 'return' })
  const list = q.json.candidates[0].credentials
  check('two that fit', list.length === 2 && list.filter((c) => c.selected).length === 1, list)
  const other = list.find((c) => !c.selected).id
  const old = signing(q.json.publicKey)
  const again = await aiko.post(`/vp/presentations/${q.json.id}/selection`, { selection: { badge: [other] } })
  expect('selection', again, 200)
  checkQuestion(again)
  check('another intent', again.json.intent !== q.json.intent && again.json.publicKey.challenge !== q.json.publicKey.challenge)
  expect('a gesture for the earlier selection', await aiko.post(`/vp/presentations/${q.json.id}/approve`, { credential: old }), 403, 'ACTIVATION')
  expect('approval of what was not opened', await approve(again, { selection: { badge: [list.find((c) => c.selected).id] } }), 409, 'CONFLICT')
  expect('a credential that is not there', await aiko.post(`/vp/presentations/${q.json.id}/selection`, { selection: { badge: ['c99'] } }), 404)
  expect('two where one was asked', await aiko.post(`/vp/presentations/${q.json.id}/selection`, { selection: { badge: list.map((c) => c.id) } }), 403)
  const ja = await aiko.post(`/vp/presentations/${q.json.id}/selection`, { language: 'ja' })
  check('in Japanese', ja.status === 200 && ja.json.text.includes('証明書を提示しますか') && ja.json.language === 'ja', ja.text)
  checkQuestion(ja)
  const done = await approve(ja, { selection: { badge: [other] } })
  check('the other key signed', done.status === 200, done.text)
  checkBadge(done.json.vp_token.badge[0], r, keys[0].jwk)
}

// ---- request_uri with wallet_nonce, a DID, an encrypted response (5.10, 5.9.3, 8.3) ------------------------------------------------------
{
  const key = newKey()
  const did = `did:jwk:${b64u(JSON.stringify(key.jwk))}`
  const enc = newKey()
  const encJwk = { ...enc.jwk, kid: 'enc-1', alg: 'ECDH-ES', use: 'enc' }
  const signed = (payload, header = {}) => {
    const input = `${b64u(JSON.stringify({ alg: 'ES256', typ: 'oauth-authz-req+jwt', kid: `${did}#0`, ...header }))}.${b64u(JSON.stringify(payload))}`
    return `${input}.${b64u(sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' }))}`
  }
  const r = request({ client_id: `decentralized_identifier:${did}`, response_mode: 'direct_post.jwt', aud: 'https://self-issued.me/v2',
    client_metadata: { jwks: { keys: [encJwk] }, vp_formats_supported: FORMATS, encrypted_response_enc_values_supported: ['A256GCM'] } })
  let seen
  objects.set('/object', (method, form) => { seen = { method, form }; return signed({ ...r, wallet_nonce: form.get('wallet_nonce') ?? undefined }) })
  const link = `openid4vp://?client_id=${encodeURIComponent(r.client_id)}&request_uri=${encodeURIComponent(`${VERIFIER}/object`)}&request_uri_method=post`
  const q = await ask(link)
  expect('a signed request by reference', q, 201)
  check('POST with wallet_nonce and metadata', seen?.method === 'POST' && seen.form.get('wallet_nonce')?.length >= 32 && seen.form.get('wallet_metadata'))
  check('the identifier was shown to be its own', q.json.party?.proven === 'did', q.json.party)
  const done = await approve(q)
  expect('delivered encrypted', done, 200)
  const form = received(r)[0]?.form ?? {}
  check('one field', Object.keys(form).join() === 'response', form)
  const [head, , iv, ciphertext, tag] = (form.response ?? '....').split('.')
  const header = json64(head || b64u('{}'))
  check('alg, enc, kid', header.alg === 'ECDH-ES' && header.enc === 'A256GCM' && header.kid === 'enc-1', header)
  const z = diffieHellman({ privateKey: enc.privateKey, publicKey: createPublicKey({ key: header.epk, format: 'jwk' }) })
  const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b }
  const cek = sha256(u32(1), z, u32(7), Buffer.from('A256GCM'), u32(0), u32(0), u32(256)) // RFC 7518 4.6.2
  const cipher = createDecipheriv('aes-256-gcm', cek, unb64u(iv)).setAAD(Buffer.from(head)).setAuthTag(unb64u(tag))
  const plain = JSON.parse(Buffer.concat([cipher.update(unb64u(ciphertext)), cipher.final()]))
  check('state inside', plain.state === r.state)
  checkBadge(plain.vp_token.badge[0], r, keys[1].jwk)

  const stale = request({ client_id: r.client_id, aud: r.aud })
  objects.set('/stale', () => signed({ ...stale, wallet_nonce: 'of-yesterday' }))
  expect('another wallet_nonce', await ask(link.replace('%2Fobject', '%2Fstale')), 400)
  objects.set('/typ', () => signed(stale, { typ: 'JWT' }))
  expect('typ', await ask(link.replace('%2Fobject', '%2Ftyp')), 400)
  expect('no such request_uri', await ask(link.replace('%2Fobject', '%2Fmissing')), 502)
  check('nothing was sent to anybody', received(stale).length === 0)
}

// ---- a wallet of the person's, with a token of its own (AU-6) --------------------------------------------------------------------------------
{
  const secret = b64u(randomBytes(32))
  const key = newKey()
  const wish = { response_type: 'code', client_id: 'wallet-1', redirect_uri: CALLBACK, scope: 'holder', state: 's', code_challenge: b64u(sha256(secret)), code_challenge_method: 'S256' }
  const allowed = await aiko.post('/account/authorize', { ...wish, decision: 'allow' })
  const code = new URL(allowed.json?.redirect_uri ?? CALLBACK).searchParams.get('code')
  const issued = await call('POST', `${BASE}/oid4vci/token`, { headers: { 'content-type': 'application/x-www-form-urlencoded', dpop: dpop(key, 'POST', `${BASE}/oid4vci/token`) },
    body: new URLSearchParams({ grant_type: 'authorization_code', client_id: 'wallet-1', redirect_uri: CALLBACK, code, code_verifier: secret }).toString() })
  expect('a holder\'s token', issued, 200)
  const as = (method, path, body, bearer) => call(method, BASE + path, { headers: { 'content-type': 'application/json', accept: 'application/json',
    authorization: `${bearer ? 'Bearer' : 'DPoP'} ${issued.json?.access_token}`, ...(!bearer && { dpop: dpop(key, method, BASE + path, issued.json?.access_token) }) }, body: body && JSON.stringify(body) })
  const r = request()
  const q = await as('POST', '/vp/presentations', { request: r, delivery: 'return' })
  expect('a wallet asks', q, 201)
  checkQuestion(q)
  check('the wallet is named in the intent', unb64u(q.json.intent).includes(Buffer.from('wallet-1')))
  expect('the token without its key', await as('GET', `/vp/presentations/${q.json.id}`, undefined, true), 401)
  check('the person sees it on our page too', (await aiko.get(`/vp/presentations/${q.json.id}`)).json?.text === q.json.text)
  expect('the wallet without a gesture', await as('POST', `/vp/presentations/${q.json.id}/approve`, {}), 400)
  const done = await as('POST', `/vp/presentations/${q.json.id}/approve`, { credential: signing(q.json.publicKey), selection: q.json.selection })
  const seen = await as('GET', '/account/activity')
  const whole = (await aiko.get('/account/activity')).json?.uses ?? []
  check('the wallet sees what it caused, and that alone', seen.status === 200 && seen.json.uses.length === 1 && whole.length > 1 && whole[0].seq === seen.json.uses[0].seq, seen.text)
  expect('and its text', await as('GET', `/account/activity/${whole[0].seq}`), 200)
  expect('of another, none', await as('GET', `/account/activity/${whole.at(-1).seq}`), 404)
  check('returned to the wallet', done.status === 200 && done.json.vp_token?.badge?.length === 1, done.text)
}

// ---- a verifier that an operator registered, and transaction data (5.9, 8.4, B.3.3) ----------------------------------------------------------
{
  const payment = b64u(JSON.stringify({ type: 'payment', credential_ids: ['badge'], amount: '12.50 EUR', payee: 'Registered “Shop”' }))
  const shop = (over = {}) => request({ client_id: 'example-shop', response_uri: `${VERIFIER}/response/shop`, transaction_data: [payment], ...over })
  const r = shop()
  const q = await ask(r)
  expect('registered', q, 201)
  check('its registered name', q.json.party?.proven === 'registration' && q.json.party.name_proven === true && q.json.text.includes('known to this service as “Registered Shop”'), q.json.text)
  check('purpose', q.json.text.includes('- “Age check”'))
  check('what is agreed to', q.json.text.includes('“amount”: “12.50 EUR”') && q.json.text.includes(`“payee”: “Registered 'Shop'”`), q.json.text)
  const ja = await aiko.post(`/vp/presentations/${q.json.id}/selection`, { language: 'ja' })
  check('its name in Japanese', ja.json?.text.includes('「登録済みの店」に証明書を提示しますか'), ja.text)
  const done = await approve(ja)
  check('delivered to the registered address', done.status === 200 && done.json.state === 'delivered', done.text)
  const kb = JSON.parse(received(r).at(-1)?.form.vp_token ?? '{"badge":[""]}').badge[0].split('~').at(-1)
  const claims = json64(kb.split('.')[1] ?? b64u('{}'))
  check('transaction_data_hashes over the received text', claims.transaction_data_hashes?.[0] === b64u(sha256(payment)), claims)
  expect('another address', await ask(shop({ response_uri: `${VERIFIER}/response/thief` })), 400)
  for (const [what, data] of [['a member that is missing', { type: 'payment', credential_ids: ['badge'] }], ['a member that is unknown', { type: 'payment', credential_ids: ['badge'], amount: '1', iban: 'x' }],
    ['a member of another kind', { type: 'payment', credential_ids: ['badge'], amount: 1 }], ['an unknown credential', { type: 'payment', credential_ids: ['other'], amount: '1' }]]) {
    const wrong = shop({ transaction_data: [b64u(JSON.stringify(data))] })
    expect(what, await ask(wrong), 400)
    check(`${what}: told`, received(wrong).at(-1)?.form.error === 'invalid_transaction_data')
  }
}

// ---- deliveries that fail (8.2): signed all the same, and said so --------------------------------------------------------------------------
{
  for (const [what, answer] of [['500', { status: 500, body: {} }], ['a redirect', { status: 302, body: {}, headers: { location: `${VERIFIER}/elsewhere` } }]]) {
    verdict = () => answer
    const r = request()
    const done = await approve(await ask(r))
    check(`delivery: ${what}`, done.status === 502 && done.json?.state === 'failed' && done.json.evidence?.length === 1 && !done.json.vp_token, done.text)
    check('sent once', received(r).length === 1 && !posts.some((p) => p.path === '/elsewhere'))
  }
  verdict = () => ({ status: 200, body: {} })
}

// ---- two at once: one of them ---------------------------------------------------------------------------------------------------------------
{
  const r = request()
  const q = await ask(r)
  const credential = signing(q.json.publicKey)
  const path = `/vp/presentations/${q.json.id}/approve`
  const both = await Promise.all([1, 2, 3, 4].map(() => aiko.post(path, { credential })))
  check('one approval of four', both.filter((a) => a.status === 200).length === 1 && both.every((a) => [200, 403, 409].includes(a.status)), both.map((a) => a.text))
  check('one response of four', received(r).length === 1)
  const same = request() // one request opened twice, both approved at once
  const [a, b] = await Promise.all([ask(same), ask(same)])
  const done = await Promise.all([approve(a), approve(b)])
  check('one presentation of two questions for one nonce', done.filter((x) => x.status === 200).length === 1 && received(same).length === 1, done.map((x) => x.text))
}

// ---- no gesture, no signature (AU-4, SIG-3) -----------------------------------------------------------------------------------------------
{
  const q = await ask(request(), { delivery: 'return' })
  const options = q.json.publicKey
  const login = aiko.device.credentials[1]
  const wrong = (what, credential) => aiko.post(`/vp/presentations/${q.json.id}/approve`, { credential }).then((a) => expect(what, a, 403, 'ACTIVATION'))
  await wrong('a login passkey', aiko.device.get(options, { credential: login }))
  await wrong('another origin', aiko.device.get(options, { origin: 'http://evil.example' }))
  await wrong('user not verified', aiko.device.get(options, { uv: false }))
  await wrong('another challenge', aiko.device.get({ ...options, challenge: b64u(randomBytes(32)) }))
  await wrong('another key', aiko.device.get(options, { key: newKey().privateKey }))
  expect('no assertion', await aiko.post(`/vp/presentations/${q.json.id}/approve`, {}), 400)
  expect('half an assertion', await aiko.post(`/vp/presentations/${q.json.id}/approve`, { credential: { rawId: 'AA', response: {} } }), 400)
  const good = signing(options)
  check('the right one', (await aiko.post(`/vp/presentations/${q.json.id}/approve`, { credential: good })).json?.state === 'returned')
  const next = await ask(request(), { delivery: 'return' })
  expect('a gesture of before', await aiko.post(`/vp/presentations/${next.json.id}/approve`, { credential: good }), 403, 'ACTIVATION')
  const stolen = new Browser(BASE) // the cookie in another's hands, without page and passkey
  stolen.jar = aiko.jar
  const taken = await stolen.post(`/vp/presentations/${next.json.id}/approve`, { credential: good })
  check('a stolen cookie signs nothing', taken.status === 401 || taken.status === 403, taken.text)
  const ben = new Browser(BASE)
  const benInvited = invite(BIN, DIR)
  await ben.enrol(benInvited.link, benInvited.code)
  await ben.login()
  expect('somebody else\'s question', await ben.get(`/vp/presentations/${next.json.id}`), 404)
  expect('nobody', await new Browser(BASE).get(`/vp/presentations/${next.json.id}`), 401)
  expect('nobody asks', await ask(request(), {}, new Browser(BASE)), 401)
}

// ---- revoked between the consent screen and the gesture (SIG-2) -----------------------------------------------------------------------------
{
  const given = await hold('employee_badge_sd_jwt', keys[0])
  const r = request()
  const q = await ask(r, { credentials: [{ value: given.credential }] })
  expect('valid when shown', q, 201)
  sealgate('status', 'set', '--credential', given.file, '--to', 'invalid')
  let done
  for (let i = 0; i < 40; i++) { // the new list has to be published and the courier's copy to end
    const probe = await ask(request(), { credentials: [{ value: given.credential }] })
    if (probe.json?.state === 'nothing') { check('and now it counts as absent', probe.json.candidates[0].credentials[0].reason === 'revoked', probe.text); break }
    await aiko.post(`/vp/presentations/${probe.json.id}/refuse`)
    await sleep(250)
  }
  done = await approve(q)
  expect('refused by the signer', done, 409, 'STATUS_BAD')
  check('nothing left', received(r).length === 0)
}

// ---- bodies that are wrong ----------------------------------------------------------------------------------------------------------------------
for (const [what, body, status] of [
  ['no request', {}, 400], ['request of a number', { request: 1 }, 400], ['an unknown member', { request: 'x', more: 1 }, 400],
  ['an unknown delivery', { request: 'x', delivery: 'fax' }, 400], ['an unknown language', { request: 'x', language: 'fr' }, 400],
  ['credentials of an object', { request: 'x', credentials: {} }, 400], ['a request that is none', { request: 'x' }, 400],
  ['a draft of before 1.0', { request: { ...request(), presentation_definition: {}, dcql_query: undefined } }, 400],
  ['an unknown prefix', { request: request({ client_id: 'x509_san_uri:https://a' }) }, 400],
  ['origin:', { request: request({ client_id: 'origin:https://a' }) }, 400],
  ['a nonce with $', { request: request({ nonce: 'a$b' }) }, 400],
  ['transaction data of an unknown type', { request: request({ transaction_data: [b64u(JSON.stringify({ type: 'x', credential_ids: ['badge'] }))] }) }, 400],
]) expect(what, await aiko.post('/vp/presentations', body), status)
expect('no such question', await aiko.get('/vp/presentations/00000000000000000000000000000000'), 404)

// ---- key proofs (OpenID4VCI 1.0, Appendix F) --------------------------------------------------------------------------------------------------------
{
  const thumbprints = keys.map((k) => k.key)
  const body = { issuer: 'https://issuer.example', nonce: 'c-nonce-1', client_id: 'wallet-1', keys: thumbprints, language: 'en' }
  const q = await aiko.post('/vp/proofs', body)
  expect('two proofs', q, 201)
  checkQuestion(q)
  check('text', q.json.template === 'proof/1' && q.json.text.includes('That you hold 2 keys') && q.json.text.includes('https://issuer.example'), q.json.text)
  expect('not a presentation', await aiko.get(`/vp/presentations/${q.json.id}`), 404)
  const done = await aiko.post(`/vp/proofs/${q.json.id}/approve`, { credential: signing(q.json.publicKey) })
  check('one gesture for both', done.status === 200 && done.json.proofs?.jwt?.length === 2, done.text)
  for (const [i, jwt] of (done.json.proofs?.jwt ?? []).entries()) {
    const [header, payload, signature] = jwt.split('.')
    const h = json64(header), p = json64(payload)
    check('typ and jwk', h.typ === 'openid4vci-proof+jwt' && h.jwk?.x === keys[i].jwk.x && !h.jwk.d, h)
    check('claims', p.aud === body.issuer && p.nonce === body.nonce && p.iss === body.client_id && Math.abs(p.iat - Date.now() / 1000) < 60, p)
    check('verifies', verify('sha256', Buffer.from(`${header}.${payload}`), { key: createPublicKey({ key: keys[i].jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, unb64u(signature)))
  }
  const no = await aiko.post('/vp/proofs', body)
  check('refused', (await aiko.post(`/vp/proofs/${no.json.id}/refuse`)).json?.state === 'refused')
  expect('a key twice', await aiko.post('/vp/proofs', { ...body, keys: [thumbprints[0], thumbprints[0]] }), 400)
  expect('a key of nobody', await aiko.post('/vp/proofs', { ...body, keys: [b64u(randomBytes(32))] }), 404)
  const attested = await aiko.post('/vp/proofs', { ...body, key_attestation: true })
  check('the text says that an attestation goes with it', attested.status === 201 && attested.json.text.includes('How this service keeps them'), attested.text)
  const both = await aiko.post(`/vp/proofs/${attested.json.id}/approve`, { credential: signing(attested.json.publicKey) })
  const attestation = both.json?.key_attestation ?? '..'
  check('a key attestation (Appendix D)', json64(attestation.split('.')[0] || b64u('{}')).typ === 'key-attestation+jwt', both.text)
  const said = json64(attestation.split('.')[1] || b64u('{}'))
  check('of both keys, for this nonce', said.nonce === body.nonce && keys.every((k) => said.attested_keys?.some((a) => a.x === k.jwk.x)) && said.attested_keys.length === 2, said)
  check('in the proofs', both.json?.proofs?.jwt.every((j) => json64(j.split('.')[0]).key_attestation === attestation), both.text)
  expect('no keys', await aiko.post('/vp/proofs', { ...body, keys: [] }), 400)
}

// ---- the question of the beginning, and the ledger ------------------------------------------------------------------------------------------------------
await sleep(Math.max(0, lateAt + 31000 - Date.now()))
expect('expired', await aiko.get(`/vp/presentations/${late.json.id}`), 410, 'EXPIRED')
expect('expired: no approval', await approve(late), 410)
check('nobody was told', received({ response_uri: '/response/1' }).length === 0)
const ledger = spawnSync(BIN, ['ledger', 'verify', '--dir', DIR], { encoding: 'utf8' })
check('ledger verify', ledger.status === 0, ledger.stdout + ledger.stderr)

stop()
console.log(failures === 0 ? `presentations: ${cases} checks passed` : `presentations: ${failures} of ${cases} checks FAILED`)
process.exit(failures === 0 ? 0 : 1)
