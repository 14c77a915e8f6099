// Presentations of every format and their evidence, through the three real processes: a person enrols, shows badges to a verifier made with node, and
// whoever holds a presentation gets its evidence and checks it offline. Then what others may and may not: strangers, whoever stole the session's
// cookie, and the ledger after the person was erased. req: EV-1, EV-2, EV-4, AU-4, PRO-3, SIG-3
//   node presentations.mjs BUILD_DIR
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { createServer as createTls } from 'node:https'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { call, jwt, newKey } from '../../crash/system/wallet.mjs'
import { Authenticator } from '../persons/authenticator.mjs'
import { Browser, invite } from '../persons/browser.mjs'

const BIN = resolve(process.argv[2] ?? 'build/dev', 'sealgate')
const port = Number(process.env.SEALGATE_REPLAY_PORT ?? 19460)
const BASE = `http://localhost:${port}`
const work = mkdtempSync(join(tmpdir(), 'sealgate-presentations-'))
const DIR = join(work, 'state')

let failures = 0
let cases = 0
const check = (what, good, more = '') => {
  cases++
  if (!good) { failures++; console.log(`FAILED ${what} ${typeof more === 'string' ? more : JSON.stringify(more)}`.slice(0, 1500)) }
  return good
}

// ---- the verifier -------------------------------------------------------------------------------------------------
const answers = new Map()
const verifierKey = newKey()
const objects = new Map() // request objects by name: { claims, fetched, form }
const take = (req, res) => {
  let body = ''
  req.on('data', (d) => { body += d })
  req.on('end', () => {
    if (req.url === '/.well-known/did.json') {
      res.writeHead(200, { 'content-type': 'application/did+json' })
      return res.end(JSON.stringify({ id: DID, verificationMethod: [{ id: `${DID}#key-1`, type: 'JsonWebKey', controller: DID, publicKeyJwk: verifierKey.jwk }],
        authentication: [`${DID}#key-1`], assertionMethod: [`${DID}#key-1`] }))
    }
    if (req.url.startsWith('/request/')) {
      const object = objects.get(req.url.slice(9))
      object.method = req.method
      object.form = new URLSearchParams(body)
      const nonce = object.form.get('wallet_nonce')
      res.writeHead(200, { 'content-type': 'application/oauth-authz-req+jwt' })
      return res.end(jwt(object.key, { typ: 'oauth-authz-req+jwt', kid: `${DID}#key-1` }, { ...object.claims, ...(nonce && { wallet_nonce: nonce }) }))
    }
    const form = new URLSearchParams(body)
    answers.set(form.get('state'), form)
    res.writeHead(200, { 'content-type': 'application/json' })
    res.end('{}')
  })
}
const server = createServer(take)
await new Promise((done) => server.listen(0, '127.0.0.1', done))
/* The same over TLS: with a certificate under the root that the courier is given, and with one under a stranger's. */
async function overTls(name) {
  const at = (f) => join(work, `${name}.${f}`)
  const openssl = (...args) => execFileSync('openssl', args, { stdio: 'ignore' })
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...ec, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '2', '-subj', `/CN=root of ${name}`)
  openssl('req', ...ec, '-keyout', at('key'), '-out', at('csr'), '-subj', '/CN=localhost')
  writeFileSync(at('ext'), 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n')
  openssl('x509', '-req', '-in', at('csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at('ext'), '-out', at('pem'))
  const tls = createTls({ key: readFileSync(at('key')), cert: readFileSync(at('pem')) }, take)
  await new Promise((done) => tls.listen(0, '127.0.0.1', done))
  return { tls, root: at('ca.pem'), uri: `https://localhost:${tls.address().port}/response` }
}
const trusted = await overTls('trusted')
const untrusted = await overTls('untrusted')
const RESPONSE = `http://localhost:${server.address().port}/response`
const CLIENT = `redirect_uri:${RESPONSE}`
const DID = `did:web:localhost%3A${server.address().port}`
const hash = (text) => createHash('sha256').update(text).digest('base64url')
function request(format, meta, claims, state, uri = RESPONSE) {
  const nonce = hash(`nonce ${state}`)
  const query = { credentials: [{ id: 'badge', format, meta, ...(claims && { claims }) }] }
  return { nonce, url: `openid4vp://?${new URLSearchParams({ client_id: `redirect_uri:${uri}`, response_type: 'vp_token', response_mode: 'direct_post', response_uri: uri,
    nonce, state, dcql_query: JSON.stringify(query), client_metadata: JSON.stringify({ vp_formats_supported: { [format]: {} } }) })}` }
}

// ---- the stack ----------------------------------------------------------------------------------------------------
execFileSync(BIN, ['init', '--demo', '--dir', DIR, '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'ignore', 'ignore'] })
writeFileSync(join(DIR, 'trust/verifier.pem'), readFileSync(trusted.root), { mode: 0o644 })
appendFileSync(join(DIR, 'conf/courier.ini'), 'own_ca = trust/verifier.pem\n')
const run = () => spawn(BIN, ['run', '--dir', DIR], { stdio: ['ignore', 'ignore', 'ignore'] })
let supervisor = run()
async function isReady() {
  for (let i = 0; i < 300; i++) {
    try { if ((await call('GET', `${BASE}/readyz`, { timeout: 1000 })).status === 200) return true } catch { /* starting */ }
    await sleep(100)
  }
  return false
}
async function stop() {
  spawnSync(BIN, ['stop', '--dir', DIR])
  supervisor.kill('SIGTERM')
  await sleep(300)
  for (const s of [server, trusted.tls, untrusted.tls]) { s.closeAllConnections(); s.close() }
  rmSync(work, { recursive: true, force: true })
}
if (!await isReady()) {
  console.log('the gateway never became ready')
  await stop()
  process.exit(1)
}

const sealgate = (...args) => spawnSync(BIN, [...args, '--dir', DIR], { encoding: 'utf8' })
const json = (text) => { try { return JSON.parse(text) } catch { return undefined } }
const claims = join(work, 'claims.json')
writeFileSync(claims, readFileSync(new URL('../../../conf/demo/claims.json', import.meta.url)))
const signing = (device) => device.credentials.find((c) => c.purpose === 'sign') ?? device.credentials[0]

async function key(browser) {
  const made = await browser.post('/account/keys', {})
  if (made.status !== 201) throw new Error(`keys: ${made.status} ${made.text}`)
  return made.json.jwk
}
function issue(configuration, jwk) {
  const holder = join(work, 'holder.json')
  writeFileSync(holder, JSON.stringify(jwk))
  const out = sealgate('issue', '--configuration', configuration, '--claims', claims, '--holder-jwk', holder)
  if (out.status !== 0) throw new Error(`${configuration}: ${out.stderr}`)
  const text = out.stdout.trim()
  return text.startsWith('{') ? JSON.parse(text) : text
}
const step = (report, name) => report?.steps?.find((s) => s.name === name)
const held = (report, ...names) => names.filter((n) => step(report, n)?.result !== 'held' && step(report, n)?.held !== true && step(report, n)?.held !== 'held')
function verify(evidence, file, ...more) {
  const out = sealgate('evidence', 'verify', evidence, '--json', ...(file ? ['--object', file] : []), ...more)
  return { code: out.status, report: json(out.stdout), text: out.stdout + out.stderr }
}
const SHOWN = ['approval', 'gesture-covers', 'signature-hash', 'key', 'status'] // of the gesture, to whoever has the presentation
const CLOSED = ['opening', 'gesture-challenge', 'gesture-authenticator', 'gesture-signature', 'gesture-counter'] // to the person and the auditor
const silent = (report, ...names) => names.filter((n) => step(report, n)?.result !== 'not-shown')

// ---- what two bundles have in common -----------------------------------------------------------------------------
/* Every byte string of at least 8 bytes in a CBOR item; what is CBOR inside a byte string is looked into. */
function strings(bytes, found = []) {
  let at = 0
  const item = () => {
    if (at >= bytes.length) throw new Error('cut short')
    const major = bytes[at] >> 5
    let n = bytes[at++] & 31
    if (n >= 24) { const len = 1 << (n - 24); n = Number(bytes.subarray(at, at + len).reduce((v, b) => v * 256n + BigInt(b), 0n)); at += len }
    if (major === 2 || major === 3) {
      const s = bytes.subarray(at, at += n)
      if (s.length !== n) throw new Error('cut short')
      found.push(s)
      if (major === 2 && s[0] >> 5 === 5) { try { const inner = []; if (strings(s, inner).end === s.length) found.push(...inner) } catch { /* not CBOR */ } }
    } else if (major === 4 || major === 5) { for (let i = 0; i < (major === 5 ? 2 * n : n); i++) item() } else if (major === 6) item()
  }
  item()
  found.end = at
  return found
}
/*
 * The service's own, in every bundle of everybody: names of format and log, software, the log's key, proofs with their checkpoint, what stands in the place of closed members,
 * the status list that both credentials name themselves and its evidence. `further` is the issuer's word about the credentials, for who holds them.
 */
function common(a, b) {
  const own = [Buffer.alloc(16), Buffer.from('vp_token')]
  const parts = (v) => ['consent', 'outcome', 'first'].flatMap((r) => Object.entries(v[r] ?? {}).filter(([k]) => k !== 'seq').map(([k, text]) => Buffer.from(text, 'base64url')))
    .concat(v.openings.flatMap((o) => [Buffer.from(o.salt, 'base64url'), Buffer.from(o.value, 'base64url')]))
  const all = (v) => parts(v).flatMap((p) => { try { const inner = strings(p); return inner.end === p.length ? [p, ...inner] : [p] } catch { return [p] } }).filter((s) => s.length >= 8)
  const where = Buffer.concat(parts(b))
  const services = (s) => own.some((o) => o.equals(s)) || /^sealgate-signer\//.test(s.toString('latin1')) || /^https?:\/\/.*\/status\//.test(s.toString('latin1'))
  const evidence = statusEvidence([a, b])
  return all(a).filter((s) => where.includes(s) && !services(s) && !evidence.some((e) => e.equals(s))).map((s) => s.toString('hex'))
}
/* Hashes of the list tokens that the gate saw: of lists that everybody can fetch. */
function statusEvidence(bundles) {
  return bundles.flatMap((b) => strings(Buffer.from(b.consent.body, 'base64url')).filter((s, i, list) => s.length === 32 && list.slice(0, i).some((u) => /\/status\//.test(u.toString('latin1'))) &&
    i - list.findLastIndex((u, j) => j < i && /\/status\//.test(u.toString('latin1'))) === 1))
}

const LDP = { type_values: [['https://www.w3.org/2018/credentials#VerifiableCredential']] }
const ANY = { type_values: [['VerifiableCredential']] }
const badge = json(readFileSync(new URL('../../../conf/demo/employee_badge.json', import.meta.url), 'utf8'))
const formats = (badge.formats ?? []).map((f) => ({ id: f.id, format: f.format, vct: f.vct?.replace('${BASE}', BASE), doctype: f.doctype }))

try {
  const browser = new Browser(BASE)
  const person = invite(BIN, DIR)
  await browser.enrol(person.link, person.code)
  const logged = await browser.login()
  check('login', logged.status === 200, logged.text)
  const jwk = await key(browser)
  let shown
  for (const f of formats) {
    const meta = f.format === 'dc+sd-jwt' ? { vct_values: [f.vct] } : f.format === 'mso_mdoc' ? { doctype_value: f.doctype } : f.format === 'ldp_vc' ? LDP : ANY
    const state = f.id
    const { url, nonce } = request(f.format, meta, undefined, state)
    let credential
    try { credential = issue(f.id, jwk) } catch (e) { check(`${f.id}: issue`, false, String(e)); continue }
    const started = await browser.post('/vp/presentations', { request: url, delivery: 'post', credentials: [{ format: f.format, value: credential }] })
    if (!check(`${f.id}: start`, started.status === 201 && started.json?.state === 'open', started.text)) continue
    const assertion = browser.device.get(started.json.publicKey, { credential: signing(browser.device) })
    const done = await browser.post(`/vp/presentations/${started.json.id}/approve`, { credential: assertion })
    if (!check(`${f.id}: approve`, done.status === 200 && done.json?.state === 'delivered', done.text)) continue
    const token = json(answers.get(state)?.get('vp_token') ?? '')
    const presentation = token?.badge?.[0]
    if (!check(`${f.id}: delivered`, presentation !== undefined, answers.get(state)?.toString())) continue
    const file = join(work, `${f.id}.txt`)
    writeFileSync(file, typeof presentation === 'string' ? presentation : JSON.stringify(presentation))
    const evidence = join(work, `${f.id}.evidence.json`)
    const told = f.format === 'mso_mdoc' ? ['--audience', CLIENT, '--nonce', nonce] : []
    const got = sealgate('evidence', 'get', file, '--out', evidence, ...told)
    if (!check(`${f.id}: evidence get`, got.status === 0, got.stderr)) continue
    const more = f.format === 'mso_mdoc' ? [...told, '--response-uri', RESPONSE] : []
    let r = verify(evidence, file, ...more)
    check(`${f.id}: evidence verify`, r.code === 0, r.text)
    const missing = held(r.report, ...SHOWN, 'dtbs', 'seal-signature', 'audience', 'nonce', 'presented-status')
    check(`${f.id}: lines`, missing.length === 0, `${missing} ${r.text}`)
    check(`${f.id}: the gesture is closed, and nothing is said of it`, silent(r.report, ...CLOSED, 'text').length === 0, r.text)
    /* the operator's copy has it, down to the assertion */
    const opened = join(work, `${f.id}.opened.json`)
    const whole = sealgate('evidence', 'get', file, '--gesture', '--out', opened, ...told)
    check(`${f.id}: evidence get --gesture`, whole.status === 0, whole.stderr)
    r = verify(opened, file, ...more)
    check(`${f.id}: the gesture holds`, r.code === 0 && held(r.report, ...SHOWN, ...CLOSED).length === 0, r.text)
    check(`${f.id}: the credential's own record`, held(r.report, 'credential 1: dtbs', 'credential 1: seal-signature').length === 0, r.text)
    if (f.format === 'mso_mdoc') { // without the session: the gesture still
      r = verify(evidence, file)
      check(`${f.id}: without the session`, r.code === 0 && held(r.report, ...SHOWN).length === 0, r.text)
      r = verify(evidence, file, '--audience', CLIENT, '--nonce', 'another', '--response-uri', RESPONSE)
      check(`${f.id}: another session`, r.code !== 0, r.text)
      /* the page for browsers opens what the asker says it knows, and only that */
      for (const [known, opened] of [[{}, false], [{ audience: CLIENT, nonce }, true], [{ audience: CLIENT, nonce: 'another' }, false]]) {
        const form = new URLSearchParams({ object: presentation, ...known })
        const page = await (await fetch(`${BASE}/evidence`, { method: 'POST', body: form })).text()
        const holds = (step) => page.includes(`<code>${step}</code></th><td><span class="tag">`)
        check(`${f.id}: page ${JSON.stringify(known)}`, holds('consent-in-tree') && holds('nonce') === opened, page.slice(-1500))
      }
    }
    shown ??= { f, file, evidence, opened, credential, id: started.json.id, presentation, assertion, answer: done.json }
    if (f.id !== shown.f.id) { // somebody else's evidence
      check(`${f.id}: another's evidence does not fit`, verify(shown.evidence, file).code !== 0)
    }
  }
  if (!check('something was shown', shown !== undefined)) throw new Error('nothing to go on with')

  // ---- delivered over TLS, or not at all -------------------------------------------------------------------------
  const metaOf = (f) => (f.format === 'dc+sd-jwt' ? { vct_values: [f.vct] } : f.format === 'mso_mdoc' ? { doctype_value: f.doctype } : f.format === 'ldp_vc' ? LDP : ANY)
  for (const [name, place, state] of [['trusted', trusted, 'delivered'], ['untrusted', untrusted, 'failed']]) {
    const asked = request(shown.f.format, metaOf(shown.f), undefined, name, place.uri)
    const started = await browser.post('/vp/presentations', { request: asked.url, delivery: 'post', credentials: [{ format: shown.f.format, value: issue(shown.f.id, jwk) }] })
    if (!check(`TLS ${name}: start`, started.status === 201, started.text)) continue
    const done = await browser.post(`/vp/presentations/${started.json.id}/approve`, { credential: browser.device.get(started.json.publicKey, { credential: signing(browser.device) }) })
    const now = await browser.get(`/vp/presentations/${started.json.id}`)
    check(`TLS ${name}: ${state}`, (done.json?.state ?? now.json?.state) === state && answers.has(name) === (state === 'delivered'), `${done.text} ${now.text}`)
  }

  // ---- a signed request by reference, of a verifier named by did:web: object and document come through the courier ------------
  for (const [name, key, method, good] of [['get', verifierKey, undefined, true], ['post', verifierKey, 'post', true], ['forged', newKey(), undefined, false]]) {
    const client = `decentralized_identifier:${DID}`
    const query = { credentials: [{ id: 'badge', format: shown.f.format, meta: metaOf(shown.f) }] }
    objects.set(name, { key, claims: { client_id: client, aud: 'https://self-issued.me/v2', response_type: 'vp_token', response_mode: 'direct_post', response_uri: RESPONSE,
      nonce: hash(`nonce ${name}`), state: `by-reference-${name}`, dcql_query: query, client_metadata: { vp_formats_supported: { [shown.f.format]: {} } } } })
    const url = `openid4vp://?${new URLSearchParams({ client_id: client, request_uri: RESPONSE.replace('/response', `/request/${name}`), ...(method && { request_uri_method: method }) })}`
    const started = await browser.post('/vp/presentations', { request: url, delivery: 'post', credentials: [{ format: shown.f.format, value: shown.credential }] })
    if (!check(`by reference, ${name}: ${good ? 'open' : 'refused'}`, good ? started.status === 201 && started.json?.party?.proven === 'did' : started.status >= 400, started.text) || !good) continue
    check(`by reference, ${name}: asked as it wants`, objects.get(name).method === (method === 'post' ? 'POST' : 'GET'), objects.get(name).method)
    const done = await browser.post(`/vp/presentations/${started.json.id}/approve`, { credential: browser.device.get(started.json.publicKey, { credential: signing(browser.device) }) })
    check(`by reference, ${name}: delivered`, done.json?.state === 'delivered' && answers.has(`by-reference-${name}`), done.text)
  }

  // ---- revoked between the screen and the approval ----------------------------------------------------------------
  const revoked = issue(shown.f.id, jwk)
  const askedOf = request(shown.f.format, metaOf(shown.f), undefined, 'revoked')
  const open = await browser.post('/vp/presentations', { request: askedOf.url, delivery: 'post', credentials: [{ format: shown.f.format, value: revoked }] })
  const gone = join(work, 'revoked.txt')
  writeFileSync(gone, typeof revoked === 'string' ? revoked : JSON.stringify(revoked))
  const order = sealgate('status', 'set', '--credential', gone, '--to', 'invalid')
  check('revoked: the order', order.status === 0, order.stderr)
  let seen
  for (let i = 0; i < 100; i++) { // until it is published
    seen = sealgate('verify', gone, '--status')
    if (seen.status !== 0) break
    await sleep(100)
  }
  const late = await browser.post(`/vp/presentations/${open.json.id}/approve`, { credential: browser.device.get(open.json.publicKey, { credential: signing(browser.device) }) })
  check('revoked: refused', late.status === 409 && !answers.has('revoked'), late.text)

  // ---- the bundle, changed -------------------------------------------------------------------------------------
  const bundle = json(readFileSync(shown.evidence, 'utf8'))
  const changed = (what, f) => {
    const copy = structuredClone(bundle)
    f(copy)
    const path = join(work, 'changed.json')
    writeFileSync(path, JSON.stringify(copy))
    check(`changed: ${what}`, verify(path, shown.file).code !== 0)
  }
  const flip = (text) => { const b = Buffer.from(text, 'base64url'); b[b.length >> 1] ^= 1; return b.toString('base64url') }
  changed('consent', (b) => { b.consent.body = flip(b.consent.body) })
  changed('blind', (b) => { b.consent.blind = flip(b.consent.blind) })
  changed('entry', (b) => { b.consent.entry = flip(b.consent.entry) })
  changed('outcome', (b) => { b.outcome.body = flip(b.outcome.body) })
  changed('place', (b) => { b.consent.seq += 1 })
  changed('opening', (b) => { b.openings[0].value = flip(b.openings[0].value) })
  changed('salt', (b) => { b.openings[0].salt = flip(b.openings[0].salt) })
  const whole = json(readFileSync(shown.opened, 'utf8'))
  const forged = (what, f) => {
    const copy = structuredClone(whole)
    f(copy)
    const path = join(work, 'changed.json')
    writeFileSync(path, JSON.stringify(copy))
    const r = verify(path, shown.file)
    check(`changed: ${what}`, r.code !== 0 && held(r.report, 'opening').length === 1 && silent(r.report, 'gesture-signature').length === 0, r.text)
  }
  forged('closed part', (b) => { b.consent.closed = flip(b.consent.closed) })
  forged('salt of the closed part', (b) => { b.consent.salt = flip(b.consent.salt) })
  changed("the credential's record", (b) => { b.further[0].consent.body = flip(b.further[0].consent.body) })

  // ---- strangers -----------------------------------------------------------------------------------------------
  const id = shown.answer.evidence[0]
  const stranger = await call('GET', `${BASE}/evidence/${id}`, { headers: { accept: 'application/json' } })
  check('by hash: existence and state', stranger.status === 200 && stranger.json?.state === 'signed', stranger.text)
  check('by hash: nothing of the person', stranger.json?.consent?.body === undefined && stranger.json?.outcome?.body === undefined &&
    stranger.json?.openings?.length === 0 && stranger.json?.further === undefined && !stranger.text.includes('client'), stranger.text)
  const strangers = join(work, 'stranger.json')
  writeFileSync(strangers, stranger.text)
  check('by hash: it is in the log', verify(strangers).code === 0)
  const none = await call('GET', `${BASE}/evidence/${'0'.repeat(64)}`, { headers: { accept: 'application/json' } })
  check('of nothing', none.status === 404)
  for (const b of [bundle, ...(bundle.further ?? [])]) {
    const text = JSON.stringify(b)
    check('nothing closed in it', b.consent.closed === undefined && b.consent.salt === undefined && b.first?.closed === undefined)
    check('no openings but what the verifier knows', b.openings.every((o) => ['audience', 'nonce', 'subject', 'claims'].includes(o.field)), b.openings)
    check('the person is not named', !text.includes(person.person) && !text.includes(Buffer.from(person.person, 'hex').toString('base64url')))
  }

  // ---- two verifiers put their evidence together ---------------------------------------------------------------
  // One person, one passkey; another key, another credential, another verifier. Whatever is in both bundles of the presentations must be the service's own.
  const secondKey = await key(browser)
  const other = { uri: RESPONSE.replace('/response', '/elsewhere') }
  const bundles = []
  for (const [name, holder, uri] of [['pool-1', jwk, RESPONSE], ['pool-2', secondKey, other.uri]]) {
    const wish = request(shown.f.format, metaOf(shown.f), undefined, name, uri)
    const started = await browser.post('/vp/presentations', { request: wish.url, delivery: 'post', credentials: [{ format: shown.f.format, value: issue(shown.f.id, holder) }] })
    if (!check(`${name}: start`, started.status === 201, started.text)) continue
    await browser.post(`/vp/presentations/${started.json.id}/approve`, { credential: browser.device.get(started.json.publicKey, { credential: signing(browser.device) }) })
    const file = join(work, `${name}.txt`)
    const got = json(answers.get(name)?.get('vp_token') ?? '')?.badge?.[0]
    writeFileSync(file, typeof got === 'string' ? got : JSON.stringify(got ?? null))
    const copies = ['plain', 'whole'].map((kind) => {
      const out = join(work, `${name}.${kind}.json`)
      const r = sealgate('evidence', 'get', file, '--out', out, ...(kind === 'whole' ? ['--gesture'] : []))
      check(`${name}: evidence (${kind})`, r.status === 0, r.stderr)
      return r.status === 0 ? json(readFileSync(out, 'utf8')) : undefined
    })
    bundles.push(copies)
  }
  if (bundles.length === 2 && bundles.flat().every((b) => b !== undefined)) {
    const [a, b] = bundles
    const same = common(a[0], b[0])
    check('two verifiers find nothing in common', same.length === 0, same)
    const before = common(a[1], b[1]) // the comparer sees what was in the open before the gesture was closed
    check('with the gesture they would', before.length >= 3, before)
  }

  // ---- her own evidence ----------------------------------------------------------------------------------------
  const mine = (await browser.get('/account/activity')).json?.uses
  const seq = bundle.consent.seq
  const herOwn = await browser.get(`/account/activity/${seq}/evidence`)
  check('her own evidence', herOwn.status === 200 && mine?.some((u) => u.seq === seq), herOwn.text)
  const hers = join(work, 'hers.json')
  writeFileSync(hers, herOwn.text)
  const all = verify(hers, shown.file)
  check('it holds from the text to the passkey', all.code === 0 && held(all.report, ...SHOWN, ...CLOSED, 'text', 'audience', 'nonce').length === 0, all.text)
  const texts = structuredClone(herOwn.json)
  const text = texts?.openings?.find((o) => o.field === 'text')
  if (check('the text is in it', text !== undefined)) {
    text.value = flip(text.value)
    writeFileSync(hers, JSON.stringify(texts))
    check('another text does not fit', verify(hers, shown.file).code !== 0)
  }
  check('nobody without her session', (await call('GET', `${BASE}/account/activity/${seq}/evidence`, { headers: { accept: 'application/json' } })).status === 401)
  check('only her own', (await browser.get(`/account/activity/${bundle.further?.[0]?.consent?.seq ?? 1}/evidence`)).status === 404)
  const bert = new Browser(BASE, { device: new Authenticator({ origin: new URL(BASE).origin }) })
  const invited = invite(BIN, DIR)
  await bert.enrol(invited.link, invited.code)
  await bert.login()
  check("not another person's", (await bert.get(`/account/activity/${seq}/evidence`)).status === 404)

  // ---- a stolen session (issue 4: a session stolen by cookie alone signs nothing) ----------------------------------
  const uses = async () => (await browser.get('/account/activity')).json?.uses
  const before = await uses()
  check('her activity has every use', before?.length === formats.length + 6, before?.length)
  const thief = new Browser(BASE, { device: new Authenticator({ origin: new URL(BASE).origin }) })
  thief.jar = new Map(browser.jar)
  thief.csrf = browser.csrf // even this
  const { url } = request(shown.f.format, shown.f.format === 'dc+sd-jwt' ? { vct_values: [shown.f.vct] } : shown.f.format === 'mso_mdoc' ? { doctype_value: shown.f.doctype } : ANY, undefined, 'thief')
  const asked = await thief.post('/vp/presentations', { request: url, delivery: 'return', credentials: [{ format: shown.f.format, value: issue(shown.f.id, jwk) }] })
  if (check('the thief may ask', asked.status === 201, asked.text)) {
    const path = `/vp/presentations/${asked.json.id}/approve`
    const own = thief.device.create({ rp: { id: 'localhost', name: 'x' }, user: { id: 'AAAA', name: 'x', displayName: 'x' }, challenge: 'AAAAAAAAAAAAAAAAAAAAAA', pubKeyCredParams: [{ type: 'public-key', alg: -7 }] })
    const tries = {
      'nothing': undefined,
      'an old gesture': shown.assertion,
      'a passkey of his own': thief.device.get({ ...asked.json.publicKey, allowCredentials: undefined }, { credential: thief.device.credentials[0] }),
      'his own under her name': { ...thief.device.get({ ...asked.json.publicKey, allowCredentials: undefined }, { credential: thief.device.credentials[0] }), id: shown.assertion.id, rawId: shown.assertion.rawId },
      'her login passkey': browser.device.get({ ...asked.json.publicKey, allowCredentials: undefined }, { credential: browser.loginCredential() }),
      'her gesture for another challenge': browser.device.get({ ...asked.json.publicKey, challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }, { credential: signing(browser.device) }),
      'her gesture from another page': browser.device.get(asked.json.publicKey, { credential: signing(browser.device), origin: 'http://localhost:1' }),
      'her gesture without verification': browser.device.get(asked.json.publicKey, { credential: signing(browser.device), uv: false }),
    }
    check('his device made a passkey', own !== undefined)
    for (const [what, credential] of Object.entries(tries)) {
      const r = await thief.post(path, credential === undefined ? {} : { credential })
      check(`stolen session: ${what}`, r.status >= 400 && r.status < 500 && r.json?.vp_token === undefined, r.text)
    }
    // nor does a passkey that he adds count before she agrees to it
    const options = await thief.post('/account/passkeys/options', { purpose: 'sign' })
    if (options.status === 200) {
      const made = await thief.post('/account/passkeys', { session: options.json.session, credential: thief.device.create(options.json.publicKey) })
      const mine = thief.device.credentials.at(-1)
      const r = await thief.post(path, { credential: thief.device.get({ ...asked.json.publicKey, allowCredentials: undefined }, { credential: mine }) })
      check('stolen session: a passkey that waits', r.status >= 400 && r.json?.vp_token === undefined, `${made.status} ${r.text}`)
    }
  }
  const after = await uses()
  check('her activity has no use of his', after !== undefined && JSON.stringify(after) === JSON.stringify(before), after)

  // ---- a service that shows gestures to relying parties (gestures_shown) -------------------------------------------
  spawnSync(BIN, ['stop', '--dir', DIR])
  await new Promise((done) => (supervisor.exitCode === null ? supervisor.once('exit', done) : done()))
  appendFileSync(join(DIR, 'conf/gateway.ini'), 'gestures_shown = yes\n')
  supervisor = run()
  if (check('with gestures_shown: ready', await isReady())) {
    const out = join(work, 'shown.json')
    const got = sealgate('evidence', 'get', shown.file, '--out', out)
    check('with gestures_shown: evidence get', got.status === 0, got.stderr)
    const r = verify(out, shown.file)
    check('with gestures_shown: a relying party checks the gesture', r.code === 0 && held(r.report, ...SHOWN, ...CLOSED).length === 0, r.text)
    check('with gestures_shown: the text stays hers', silent(r.report, 'text').length === 0, r.text)
    const byHash = await call('GET', `${BASE}/evidence/${id}`, { headers: { accept: 'application/json' } })
    check('with gestures_shown: by hash no more than before', byHash.json?.consent?.body === undefined && byHash.json?.consent?.closed === undefined, byHash.text)
  }

  // ---- erased --------------------------------------------------------------------------------------------------
  const ledger = sealgate('ledger', 'verify')
  check('the ledger holds', ledger.status === 0, ledger.stdout + ledger.stderr)
  await browser.login()
  const erased = await browser.post('/account/erase')
  if (check('erase', erased.status < 300, erased.text)) {
    const again = join(work, 'after.json')
    const got = sealgate('evidence', 'get', shown.file, '--out', again)
    check('evidence after erasure', got.status === 0, got.stderr)
    const left = got.status === 0 ? json(readFileSync(again, 'utf8')) : undefined
    check('nothing opens any more', left?.openings?.length === 0 && left?.consent?.closed === undefined, left?.openings)
    const r = verify(again, shown.file)
    check('and it still holds', r.code === 0 && held(r.report, ...SHOWN).length === 0, r.text)
    const l = sealgate('ledger', 'verify')
    check('the ledger holds after erasure', l.status === 0, l.stdout + l.stderr)
    // the auditor can still answer for the gesture until two operators let her go; then nobody can, and the ledger is as true as before
    const audit = (name) => {
      const out = join(work, name)
      const found = sealgate('evidence', 'get', shown.file, '--gesture', '--out', out)
      return found.status === 0 ? json(readFileSync(out, 'utf8')) : undefined
    }
    check('the auditor has the gesture', audit('audit-1.json')?.consent?.closed !== undefined)
    const leave = sealgate('person', 'leave', person.person, '--operator', join(DIR, 'operators/operator1.json'), '--operator', join(DIR, 'operators/operator2.json'))
    check('she leaves', leave.status === 0, leave.stdout + leave.stderr)
    const gone = audit('audit-2.json')
    check('nobody has it any more', gone !== undefined && gone.consent.closed === undefined && gone.consent.body !== undefined, gone)
    const last = verify(join(work, 'audit-2.json'), shown.file)
    check('what was signed still holds', last.code === 0 && held(last.report, ...SHOWN).length === 0 && silent(last.report, ...CLOSED).length === 0, last.text)
    const end = sealgate('ledger', 'verify')
    check('the ledger holds without her', end.status === 0 && end.stdout.includes('erased with the persons'), end.stdout + end.stderr)
  }
} catch (e) {
  failures++
  console.log(`FAILED ${e.stack}`)
} finally {
  await stop()
}
console.log(`${cases - failures} of ${cases} cases`)
process.exit(failures === 0 ? 0 : 1)
