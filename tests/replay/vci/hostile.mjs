// What a hostile reading of the specifications found, over HTTP against the three real processes behind a public URL that has a path.
//   node hostile.mjs BUILD_DIR
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SystemClient, Wallet, call, dpop, jwt, newKey, proof } from '../../crash/system/wallet.mjs'

const BIN = resolve(process.argv[2] ?? 'build/dev', 'sealgate')
const port = Number(process.env.SEALGATE_REPLAY_PORT ?? 18531)
const HOST = `http://localhost:${port}`
const BASE = `${HOST}/tenant/a`
const work = mkdtempSync(join(tmpdir(), 'sealgate-hostile-'))
const DIR = join(work, 'state')
const claims = JSON.parse(readFileSync(new URL('../../../conf/demo/claims.json', import.meta.url)))
const CONFIGURATION = 'employee_badge_sd_jwt'
const CREDENTIAL = `${BASE}/oid4vci/credential`
const JSON_TYPE = { 'content-type': 'application/json' }
const now = () => Math.floor(Date.now() / 1000)

let failures = 0
let cases = 0
function holds(what, good, seen) {
  cases++
  if (!good) { failures++; console.log(`FAILED ${what}: ${JSON.stringify(seen)?.slice(0, 400)}`) }
}

let supervisor
async function start() {
  supervisor = spawn(BIN, ['run', '--dir', DIR], { stdio: ['ignore', 'ignore', 'inherit'] })
  for (let i = 0; i < 300; i++) {
    try { if ((await call('GET', `${HOST}/readyz`, { timeout: 1000 })).status === 200) return } catch { /* starting */ }
    await sleep(100)
  }
  throw new Error('the gateway never became ready')
}
async function stop() {
  const ended = new Promise((r) => supervisor.once('exit', r))
  spawnSync(BIN, ['stop', '--dir', DIR])
  await Promise.race([ended, sleep(15000)])
}

async function main() {
  // ---- a public URL with a path (OpenID4VCI 12.2.2, RFC 8414 3.1, SD-JWT VC 4, did:web 2.5.2) -------------------------------
  for (const [name, member] of [['openid-credential-issuer', 'credential_issuer'], ['oauth-authorization-server', 'issuer'], ['jwt-vc-issuer', 'issuer']]) {
    const a = await call('GET', `${HOST}/.well-known/${name}/tenant/a`)
    holds(`well-known ${name}, inserted`, a.status === 200 && a.json?.[member] === BASE, [a.status, a.text])
    holds(`well-known ${name} of another path`, (await call('GET', `${HOST}/.well-known/${name}/tenant/b`)).status === 404)
  }
  const issuer = (await call('GET', `${HOST}/.well-known/openid-credential-issuer/tenant/a`)).json
  const server = (await call('GET', `${HOST}/.well-known/oauth-authorization-server/tenant/a`)).json
  for (let i = 0; i < 50 && (await call('GET', `${BASE}/status/keys`)).status === 503; i++) await sleep(100) // the first list is being signed
  holds('jwks_uri answers', (await call('GET', server?.jwks_uri ?? BASE)).json?.keys?.length > 0)
  const did = await call('GET', `${BASE}/did.json`)
  holds('did:web with a path', did.json?.id === `did:web:localhost%3A${port}:tenant:a`, did.text)
  const vct = issuer?.credential_configurations_supported[CONFIGURATION].vct
  const type = await call('GET', vct ?? BASE)
  holds('the type metadata stands at its vct', type.json?.vct === vct, type.text)
  holds('nonce endpoint as published', (await call('POST', issuer?.nonce_endpoint ?? BASE)).status === 200)
  const page = await call('GET', `${BASE}/`)
  const hrefs = [...page.text.matchAll(/href="([^"]+)"/g)].map((m) => m[1])
  for (const href of hrefs) {
    if (href.startsWith('#')) { holds(`link ${href}`, page.text.includes(`id="${href.slice(1)}"`)); continue }
    const answer = await call('GET', HOST + href)
    const where = answer.headers.location // a page of somebody's own leads to the login
    holds(`link ${href}`, href.startsWith('/tenant/a/') && (answer.status === 200 || (answer.status === 303 && where.startsWith('/tenant/a/'))), `${answer.status} ${where}`)
  }
  holds('links at all', hrefs.length > 3, page.text)

  const system = new SystemClient(BASE, DIR)
  await system.signIn()
  const w = new Wallet(BASE)
  await w.redeem(await system.offer(claims, 12))
  const holder = newKey()
  let first = await w.request([holder])
  for (let i = 0; i < 30 && first.status === 503; i++) { await sleep(200); first = await w.request([holder]) } // the key's list is being signed
  holds('a credential', first.status === 200, first.text)
  const sdjwt = first.json.credentials[0].credential
  const payload = JSON.parse(Buffer.from(sdjwt.split('.')[1], 'base64url'))
  holds('vct#integrity is of the bytes served', payload['vct#integrity'] === `sha256-${createHash('sha256').update(type.text).digest('base64')}`, payload)
  const list = await call('GET', payload.status.status_list.uri)
  holds('the list is where the credential says', JSON.parse(Buffer.from(list.text.split('.')[1], 'base64url')).sub === payload.status.status_list.uri)
  holds('one tag for all codings is a weak one (RFC 9110 8.8.3)', /^W\//.test(list.headers.etag), list.headers)
  const coding = async (accept) => (await call('GET', payload.status.status_list.uri, { headers: { 'accept-encoding': accept } })).headers['content-encoding']
  holds('gzip', await coding('gzip') === 'gzip')
  holds('gzip;q=0.0 is a no', await coding('gzip;q=0.0') === undefined)

  // ---- DPoP and proofs ----------------------------------------------------------------------------------------------------
  const post = (body, headers = {}) => call('POST', CREDENTIAL, { headers: { ...JSON_TYPE, authorization: `DPoP ${w.token}`,
    dpop: dpop(w.key, 'POST', CREDENTIAL, w.token), ...headers }, body: JSON.stringify(body) })
  const withProof = (p) => ({ credential_configuration_id: CONFIGURATION, proofs: { jwt: [p] } })
  const two = await post({}, { dpop: [dpop(w.key, 'POST', CREDENTIAL, w.token), dpop(w.key, 'POST', CREDENTIAL, w.token)] })
  holds('two DPoP headers (RFC 9449 4.3, 7.1)', two.status === 401 && /error="invalid_dpop_proof"/.test(two.headers['www-authenticate']), [two.status, two.headers])
  const header = { typ: 'openid4vci-proof+jwt', jwk: holder.jwk }
  const fraction = await post(withProof(jwt(holder, header, { aud: BASE, iat: now() + 0.25, nonce: await w.nonce() })))
  holds('iat with a fraction (RFC 7519 2)', fraction.status === 200, fraction.text)
  const stale = await post(withProof(jwt(holder, header, { aud: BASE, iat: now() - 7200, nonce: 'A'.repeat(43) })))
  holds('old proof, old nonce: a new nonce helps', stale.json?.error === 'invalid_nonce', stale.text)

  // ---- what was taken back ------------------------------------------------------------------------------------------------
  const made = (await system.api('POST', '/v1/offers', { configuration: CONFIGURATION, claims, count: 5 })).json
  holds('offer_lifetime_s is what an offer lives', Math.abs(made.expires_at - now() - 120) <= 5, made.expires_at - now())
  const late = new Wallet(BASE)
  await late.redeem(made.credential_offer.grants['urn:ietf:params:oauth:grant-type:pre-authorized_code']['pre-authorized_code'])
  holds('before', (await late.request([newKey()])).status === 200)
  holds('an offer taken back', (await system.api('DELETE', `/v1/offers/${made.id}`)).status === 204)
  const after = await late.request([newKey()])
  holds('its token issues nothing more', after.status === 401 && after.json.error === 'invalid_token', [after.status, after.text])

  // ---- management -----------------------------------------------------------------------------------------------------------
  const inner = { configuration: CONFIGURATION, claims }
  for (const [what, body] of [['mistyped in a list', { credentials: [{ ...inner, cuont: 1 }] }], ['of one credential beside the list', { credentials: [inner], count: 3 }],
    ['of the offer in the list', { credentials: [{ ...inner, tx_code: true }] }]]) {
    const a = await system.api('POST', '/v1/offers', body)
    holds(`a member ${what}`, a.status === 400 && a.json.code === 'VALUE', a.text)
  }
  holds('a list of one', (await system.api('POST', '/v1/offers', { credentials: [inner] })).status === 201)
  const api = (await call('GET', `${BASE}/openapi.json`)).json
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map((m) => m[1])
      const named = (operation.parameters ?? []).filter((p) => p.in === 'path').map((p) => p.name)
      holds(`OpenAPI ${method} ${path}`, inPath.join() === named.join() && /^[a-z_]+$/.test(named[0] ?? 'x'), [inPath, named])
    }
  }
  holds('OpenAPI names query parameters', api.paths['/v1/status'].get.parameters?.map((p) => p.name).join() === 'list,idx', api.paths['/v1/status'].get)
  for (const [accept, lang] of [['en;q=0.1, ja', 'ja'], ['ja;q=0.5,en-GB', 'en'], ['fr', 'en'], ['ja-JP,ja;q=0.9,en;q=0.8', 'ja']]) {
    const a = await call('GET', `${BASE}/`, { headers: { 'accept-language': accept } })
    holds(`page for ${accept}`, a.text.includes(`<html lang="${lang}">`), a.text.slice(0, 60))
  }

  // ---- claims leave the disk (req: SIG-6) -------------------------------------------------------------------------------------
  const marked = { ...claims, given_name: 'Zqxjkvbwq' }
  const last = new Wallet(BASE)
  await last.redeem(await system.offer(marked, 1))
  holds('issued', (await last.request([newKey()])).status === 200)
  const onDisk = () => readdirSync(join(DIR, 'gateway')).filter((f) => readFileSync(join(DIR, 'gateway', f)).includes('Zqxjkvbwq'))
  for (let i = 0; i < 100 && onDisk().length > 0; i++) await sleep(100)
  holds('no file of the store has the claims of an offer that is used up', onDisk().length === 0, onDisk())

  // ---- a client that is removed ------------------------------------------------------------------------------------------------
  const operator = (n) => join(DIR, 'operators', `operator${n}.json`)
  const removed = spawnSync(BIN, ['client', 'remove', 'demo-client', '--dir', DIR, '--operator', operator(1), '--operator', operator(2)], { encoding: 'utf8' })
  holds('client remove', removed.status === 0, removed.stderr)
  await sleep(2500)
  const url = `${BASE}/v1/keys`
  const ask = () => call('GET', url, { headers: { authorization: `DPoP ${system.token}`, dpop: dpop(system.key, 'GET', url, system.token) } })
  await ask() // the registry answers from what it has, and asks the signer anew meanwhile
  await sleep(500)
  const gone = await ask()
  holds('its token ends with it (AU-8)', gone.status === 401, [gone.status, gone.text])
}

execFileSync(BIN, ['init', '--demo', '--dir', DIR, '--listen', `127.0.0.1:${port}`, '--public-url', BASE], { stdio: ['ignore', 'ignore', 'inherit'] })
appendFileSync(join(DIR, 'conf', 'gateway.ini'), '\noffer_lifetime_s = 120\n')
try {
  await start()
  await main()
} catch (e) {
  failures++
  console.log(e)
} finally {
  await stop()
  rmSync(work, { recursive: true, force: true })
}
console.log(`${cases} cases, ${failures} failed`)
process.exit(failures === 0 ? 0 : 1)
