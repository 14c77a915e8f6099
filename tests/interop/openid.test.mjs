// Login through an OpenID provider that none of us wrote (npm oidc-provider), against a gateway of its own: the link, the login, and each answer that is not
// believed. A provider in between changes one thing of the real one's answer at a time. req: AU-5
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { generateKeyPairSync, createPrivateKey, sign } from 'node:crypto'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import Provider from 'oidc-provider'

const here = process.cwd() // the checkout: run.sh goes there
const { Browser, invite } = await import(join(here, 'tests/replay/persons/browser.mjs'))
const { call } = await import(join(here, 'tests/crash/system/wallet.mjs'))
const BIN = process.env.SEALGATE_BIN
const port = Number(process.env.SEALGATE_OPENID_PORT ?? 19370)
const BASE = `http://localhost:${port}`
const ISSUER = `http://localhost:${port + 1}`
const CALLBACK = `${BASE}/account/login/external/callback`
const work = mkdtempSync(join(tmpdir(), 'sealgate-openid-'))
const DIR = join(work, 'state')
const jwkPair = (kid) => { const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' }); const { d, ...pub } = privateKey.export({ format: 'jwk' }); return { privateKey, jwk: { ...pub, d, kid }, pub: { ...pub, kid, alg: 'ES256', use: 'sig' } } }
const client = jwkPair('sealgate-1')
const op = jwkPair('op-1')
const rsa = (() => { const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 }); return { ...privateKey.export({ format: 'jwk' }), kid: 'op-rsa', alg: 'RS256', use: 'sig' } })()

// ---- the provider: whoever comes is `account`, authenticated as `how` says ----------------------------------------------------
let account = 'subject-of-aiko'
let how = { acr: 'urn:example:mfa', amr: ['mfa', 'hwk'] }
let twist // (path, json) => json, or undefined
const provider = new Provider(ISSUER, {
  clients: [{ client_id: 'sealgate', token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256', jwks: { keys: [client.pub] }, redirect_uris: [CALLBACK],
    response_types: ['code'], grant_types: ['authorization_code'], id_token_signed_response_alg: 'ES256' }],
  jwks: { keys: [{ ...op.jwk, alg: 'ES256', use: 'sig' }, rsa] },
  clientAuthMethods: ['private_key_jwt'],
  acrValues: ['urn:example:mfa', 'urn:example:password'],
  claims: { openid: ['sub', 'acr', 'amr'], acr: null, amr: null },
  conformIdTokenClaims: false,
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, acr: how.acr, amr: how.amr }) }),
  features: { devInteractions: { enabled: false } },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  cookies: { keys: ['for this test'] },
  pkce: { required: () => true },
})
provider.use(async (ctx, next) => {
  if (ctx.path.startsWith('/interaction/')) {
    const details = await provider.interactionDetails(ctx.req, ctx.res)
    const grant = new provider.Grant({ accountId: account, clientId: details.params.client_id })
    grant.addOIDCScope('openid')
    const result = { login: { accountId: account, acr: how.acr, amr: how.amr, remember: false }, consent: { grantId: await grant.save() } }
    ctx.respond = false
    await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false })
    return
  }
  await next()
  if (twist && ctx.body && typeof ctx.body === 'object') ctx.body = twist(ctx.path, ctx.body)
})
const server = http.createServer(provider.callback())

let supervisor
let log = ''
async function start(settings) {
  appendFileSync(join(DIR, 'conf', 'gateway.ini'), `\n${settings}\n`)
  supervisor = spawn(BIN, ['run', '--dir', DIR], { stdio: ['ignore', 'ignore', 'pipe'] })
  supervisor.stderr.on('data', (d) => { log += d })
  for (let i = 0; i < 200; i++) {
    try { if ((await call('GET', `${BASE}/readyz`, { timeout: 1000 })).status === 200) return } catch { /* starting */ }
    await sleep(100)
  }
  throw new Error(`the gateway never became ready: ${log}`)
}

/** A browser at the provider: follows its redirects with its cookies until it is sent back to us. */
async function throughProvider(url) {
  const jar = new Map()
  for (let i = 0; i < 10; i++) {
    const u = new URL(url)
    if (u.origin === BASE) return u
    const answer = await call('GET', u.href, { headers: { cookie: [...jar].map(([k, v]) => `${k}=${v}`).join('; '), accept: 'text/html' } })
    for (const line of answer.headers['set-cookie'] ?? []) { const [k, v] = line.split(';')[0].split('='); jar.set(k, v) }
    assert.ok(answer.headers.location, `the provider stopped at ${u.pathname}: ${answer.status} ${answer.text.slice(0, 300)}`)
    url = new URL(answer.headers.location, u).href
  }
  throw new Error('too many redirects')
}
const path = (u) => u.pathname + u.search

let aiko
before(async () => {
  await new Promise((go) => server.listen(port + 1, '127.0.0.1', go))
  execFileSync(BIN, ['init', '--demo', '--dir', DIR, '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'ignore', 'ignore'] })
  appendFileSync(join(DIR, 'conf', 'courier.ini'), `\nopenid_origins = ${ISSUER}\n`) // the demo lets the courier ask this machine
  writeFileSync(join(DIR, 'conf', 'openid.jwk'), JSON.stringify(client.jwk), { mode: 0o600 })
  await start(`openid_issuer = ${ISSUER}\nopenid_client_id = sealgate\nopenid_key_file = conf/openid.jwk\nopenid_acr = urn:example:mfa\nopenid_amr = mfa\nlogins_per_minute = 1000`)
  const invitation = invite(BIN, DIR)
  aiko = new Browser(BASE)
  await aiko.enrol(invitation.link, invitation.code)
  aiko.person = invitation.person
})
after(() => {
  if (supervisor) { spawnSync(BIN, ['stop', '--dir', DIR]); supervisor.kill('SIGTERM') }
  server.close()
  server.closeAllConnections()
  rmSync(work, { recursive: true, force: true })
})

const outside = () => new Browser(BASE)
async function comeBack(browser = outside()) {
  const away = await browser.get('/account/login/external')
  assert.equal(away.status, 303, away.text)
  return { browser, away, back: await throughProvider(away.headers.location) }
}
const logIn = async (browser) => { const b = await comeBack(browser); return { ...b, answer: await b.browser.get(path(b.back)) } }
const refused = async (what, answer) => {
  assert.equal(answer.status, 403, `${what}: ${answer.status} ${answer.text.slice(0, 200)}`)
  assert.ok(!(answer.headers['set-cookie'] ?? []).some((c) => /^sealgate=.{43};/.test(c)), `${what}: no session`)
}

test('the request: code flow, PKCE S256, nonce, state, our acr', async () => {
  const { away } = await comeBack()
  const q = new URL(away.headers.location).searchParams
  assert.equal(q.get('response_type'), 'code')
  assert.equal(q.get('code_challenge_method'), 'S256')
  assert.equal(q.get('redirect_uri'), CALLBACK)
  assert.equal(q.get('acr_values'), 'urn:example:mfa')
  for (const name of ['state', 'nonce', 'code_challenge']) assert.equal(q.get(name).length, 43)
  assert.match(away.headers['set-cookie'][0], /^sealgate-outside=L[0-9a-f]{8}.{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600$/)
})

test('nobody enrols this way: an identity that is linked to nobody is refused', async () => refused('unlinked', (await logIn()).answer))

test('a link wants our own page, a passkey just now, and the session that asked', async () => {
  assert.equal((await aiko.post('/account/identities', {}, { 'x-csrf-token': undefined })).status, 403)
  const asked = await aiko.post('/account/identities')
  assert.equal(asked.status, 200, asked.text)
  const back = await throughProvider(asked.json.redirect_uri)
  const thief = outside()
  thief.jar.set('sealgate-outside', aiko.jar.get('sealgate-outside'))
  assert.equal((await thief.get(path(back))).status, 401, 'without the session')
  const done = await aiko.get(path(back))
  assert.equal(done.status, 303, done.text)
  const list = await aiko.get('/account/identities')
  assert.deepEqual(list.json.identities.map((i) => [i.issuer, i.subject]), [[ISSUER, account]])
})

test('then the identity logs its person in; the session reads and does no more', async () => {
  const { browser, answer } = await logIn()
  assert.equal(answer.status, 303, answer.text)
  assert.equal(answer.headers.location, `${BASE}/account`)
  const session = await browser.get('/account/session')
  assert.equal(session.json.person, aiko.person)
  assert.equal(session.json.method, 'provider')
  assert.equal((await browser.get('/account/credentials')).status, 200)
  for (const [method, p, body] of [['POST', '/account/keys', {}], ['POST', '/account/passkeys/options', { purpose: 'sign' }], ['POST', '/account/erase', {}], ['PUT', '/account/profile', {}],
    ['POST', '/account/identities', {}], ['POST', '/account/credentials', { credential: 'x' }], ['POST', '/vp/presentations', { request: 'x' }], ['POST', `/vp/presentations/${'0'.repeat(32)}/refuse`, {}], ['POST', '/vp/proofs', {}]]) {
    assert.equal((await browser.send(method, p, body)).status, 403, `${method} ${p}`)
  }
  assert.equal((await browser.post('/account/logout')).status, 200)
})

test('an answer counts once, in the browser that asked, with the state it was given', async () => {
  const { browser, back } = await comeBack()
  await refused('another browser', await outside().get(path(back)))
  const other = (await comeBack()).browser
  await refused('another flow', await other.get(path(back)))
  const changed = new URL(back); changed.searchParams.set('state', 'A'.repeat(43))
  await refused('another state', await browser.get(path(changed)))
  const mixed = new URL(back); mixed.searchParams.set('iss', 'https://evil.example')
  await refused('another issuer (RFC 9207)', await browser.get(path(mixed)))
  const without = new URL(back); without.searchParams.delete('iss')
  await refused('no issuer although promised', await browser.get(path(without)))
  const twice = new URL(back); twice.searchParams.append('code', 'x')
  assert.equal((await browser.get(path(twice))).status, 400)
  const wrong = new URL(back); wrong.searchParams.set('code', 'x')
  await refused('a wrong code', await browser.get(path(wrong)))
})

test('what the provider says is checked', async (t) => {
  const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))
  const resign = (token, change, { header = {}, key = op.privateKey } = {}) => {
    const h = { ...JSON.parse(Buffer.from(token.split('.')[0], 'base64url')), ...header }
    const p = { ...claims(token), ...change }
    for (const k of Object.keys(p)) if (p[k] === undefined) delete p[k]
    const input = [h, p].map((x) => Buffer.from(JSON.stringify(x)).toString('base64url')).join('.')
    if (h.alg === 'none') return `${input}.`
    const dsa = h.alg === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : { key }
    return `${input}.${sign('sha256', Buffer.from(input), dsa).toString('base64url')}`
  }
  const idToken = (change, options) => (p, body) => p === '/token' && body.id_token ? { ...body, id_token: resign(body.id_token, change, options) } : body
  const now = () => Math.floor(Date.now() / 1000)
  const cases = {
    'another issuer': idToken({ iss: 'https://evil.example' }),
    'another audience': idToken({ aud: 'somebody' }),
    'two audiences without azp': idToken({ aud: ['sealgate', 'somebody'] }),
    'azp of another': idToken({ aud: ['sealgate', 'somebody'], azp: 'somebody' }),
    'expired': idToken({ exp: now() - 60 }),
    'no exp': idToken({ exp: undefined }),
    'issued long ago': idToken({ iat: now() - 3600 }),
    'issued in the future': idToken({ iat: now() + 3600 }),
    'another nonce': idToken({ nonce: 'A'.repeat(43) }),
    'no nonce': idToken({ nonce: undefined }),
    'a weaker context (acr)': idToken({ acr: 'urn:example:password' }),
    'no context': idToken({ acr: undefined }),
    'without the method (amr)': idToken({ amr: ['pwd'] }),
    'no subject': idToken({ sub: undefined }),
    'another subject': idToken({ sub: 'subject-of-nobody' }),
    'signed by somebody else': idToken({}, { key: jwkPair('x').privateKey }),
    'signed by nobody': idToken({}, { header: { alg: 'none' } }),
    'a key that the provider does not have': idToken({}, { header: { kid: 'op-2' } }),
    'a MAC with a public key': idToken({}, { header: { alg: 'HS256' } }),
    'no ID token': (p, body) => p === '/token' ? { ...body, id_token: undefined } : body,
    'an answer that is no object': (p, body) => p === '/token' ? [body] : body,
  }
  for (const [what, change] of Object.entries(cases)) {
    await t.test(what, async () => {
      twist = change
      try { await refused(what, (await logIn()).answer) } finally { twist = undefined }
    })
  }
  for (const [what, change] of Object.entries({
    'audience as a list': idToken({ aud: ['sealgate'] }),
    'two audiences with azp': idToken({ aud: ['sealgate', 'somebody'], azp: 'sealgate' }),
    'RS256': idToken({}, { header: { alg: 'RS256', kid: 'op-rsa' }, key: createPrivateKey({ key: rsa, format: 'jwk' }) }),
    'no kid': idToken({}, { header: { kid: undefined } }),
  })) {
    await t.test(`is believed: ${what}`, async () => {
      twist = change
      try { assert.equal((await logIn()).answer.status, 303, what) } finally { twist = undefined }
    })
  }
})

test('a provider that is not the one of the settings is not asked', async () => {
  twist = (p, body) => p === '/.well-known/openid-configuration' ? { ...body, issuer: 'https://evil.example' } : body
  try { assert.ok((await outside().get('/account/login/external')).status >= 400) } finally { twist = undefined }
  twist = (p, body) => p === '/.well-known/openid-configuration' ? { ...body, token_endpoint: 'https://evil.example/token' } : body
  try {
    const { answer } = await logIn()
    assert.ok(answer.status >= 400, 'the courier goes to configured origins alone')
  } finally { twist = undefined }
})

test('a link that was taken away opens nothing', async () => {
  assert.equal((await aiko.post('/account/identities/remove', { issuer: ISSUER, subject: account })).status, 200)
  await refused('unlinked again', (await logIn()).answer)
})

test('logins stand in the ledger with the hash of what the provider said', () => {
  const out = spawnSync(BIN, ['ledger', 'verify', '--dir', DIR], { encoding: 'utf8' })
  assert.equal(out.status, 0, out.stdout + out.stderr)
})
