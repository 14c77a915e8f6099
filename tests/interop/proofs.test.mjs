// A wallet from npm fetches credentials from an issuer that is not ours, for keys that the gateway keeps: each proof is signed in the token after one
// gesture of the person (OpenID4VCI 1.0 Appendix F; PRO-1, AU-4), the key attestation is believed by that issuer, and what was fetched goes to the
// holder's store and is shown to a verifier.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { pathToFileURL } from 'node:url'
import { BASE, BIN, DIR, jose, wallet } from './lib.mjs'
import { fetchFrom, foreignIssuer, VCT } from './foreign_issuer.mjs'

const { Browser, invite } = await import(pathToFileURL(join(process.cwd(), 'tests/replay/persons/browser.mjs')))
let person
let keys

const attestationKeys = async () => (await (await fetch(`${BASE}/.well-known/jwks.json`)).json()).keys

before(async () => {
  person = new Browser(BASE)
  const { link, code } = invite(BIN, DIR)
  await person.enrol(link, code)
  const session = await person.login()
  assert.equal(session.status, 200, session.text)
  keys = []
  for (let i = 0; i < 3; i++) {
    const made = await person.post('/account/keys', {})
    assert.equal(made.status, 201, made.text)
    keys.push(made.json)
  }
})

/** The proofs, from the gateway: `over` changes the request; the gesture is the software passkey's. */
async function prove(issuer, nonce, wanted, over = {}) {
  const asked = await person.post('/vp/proofs', { issuer, nonce, keys: wanted.map((k) => k.key), ...over })
  assert.equal(asked.status, 201, asked.text)
  assert.ok(asked.json.text.includes(new URL(issuer).host), 'the person reads which issuer it is')
  const credential = person.device.get(asked.json.publicKey)
  const done = await person.post(`/vp/proofs/${asked.json.id}/approve`, { credential })
  assert.equal(done.status, 200, done.text)
  return done.json
}

test('one credential: the proof is the token\'s, and the issuer from npm takes it', async () => {
  const issuer = await foreignIssuer()
  after(() => issuer.close())
  const credentials = await fetchFrom(wallet([]), issuer, async (nonce, aud) => (await prove(aud, nonce, keys.slice(0, 1))).proofs.jwt)
  assert.equal(issuer.errors.length, 0, String(issuer.errors[0]))
  assert.equal(credentials.length, 1)
  const payload = jose.decodeJwt(credentials[0].split('~')[0])
  assert.equal(payload.vct, VCT)
  assert.equal(await jose.calculateJwkThumbprint(payload.cnf.jwk), keys[0].key)
  const stored = await person.post('/account/credentials', { format: 'dc+sd-jwt', credential: credentials[0] })
  assert.equal(stored.status, 201, stored.text)
})

test('a batch: one gesture, a proof for every key', async () => {
  const issuer = await foreignIssuer()
  after(() => issuer.close())
  const credentials = await fetchFrom(wallet([]), issuer, async (nonce, aud) => (await prove(aud, nonce, keys)).proofs.jwt)
  assert.equal(issuer.errors.length, 0, String(issuer.errors[0]))
  const bound = await Promise.all(credentials.map((c) => jose.calculateJwkThumbprint(jose.decodeJwt(c.split('~')[0]).cnf.jwk)))
  assert.deepEqual(bound.sort(), keys.map((k) => k.key).sort())
})

test('an issuer that wants a key attestation gets one that its library verifies', async () => {
  const published = await attestationKeys()
  const issuer = await foreignIssuer({ needAttestation: true })
  after(() => issuer.close())
  const credentials = await fetchFrom(wallet([]), issuer, async (nonce, aud) => {
    const got = await prove(aud, nonce, keys.slice(0, 2), { key_attestation: true })
    const header = jose.decodeProtectedHeader(jose.decodeProtectedHeader(got.proofs.jwt[0]).key_attestation)
    issuer.attesters.push(...published.filter((k) => k.kid === header.kid))
    return got.proofs.jwt
  })
  assert.equal(issuer.errors.length, 0, String(issuer.errors[0]))
  assert.equal(credentials.length, 2)
  for (const proof of issuer.proofs) {
    const attested = await Promise.all(proof.keyAttestation.payload.attested_keys.map((k) => jose.calculateJwkThumbprint(k)))
    for (const key of keys.slice(0, 2)) assert.ok(attested.includes(key.key))
  }
})

test('a proof for one issuer or one nonce is nothing to another', async () => {
  const issuer = await foreignIssuer()
  const other = await foreignIssuer()
  after(() => Promise.all([issuer.close(), other.close()]))
  await assert.rejects(fetchFrom(wallet([]), issuer, async (nonce) => (await prove(other.url, nonce, keys.slice(0, 1))).proofs.jwt))
  await assert.rejects(fetchFrom(wallet([]), issuer, async (_nonce, aud) => (await prove(aud, 'stale', keys.slice(0, 1))).proofs.jwt))
})

test('what was fetched is presented: the verifier from npm accepts the key binding', async () => {
  const request = new URLSearchParams({
    response_type: 'vp_token', response_mode: 'direct_post', client_id: 'redirect_uri:https://verifier.example/done', response_uri: 'https://verifier.example/done',
    nonce: 'n-0S6_WzA2Mj', client_metadata: JSON.stringify({ vp_formats_supported: { 'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256'], 'kb-jwt_alg_values': ['ES256'] } } }),
    dcql_query: JSON.stringify({ credentials: [{ id: 'card', format: 'dc+sd-jwt', meta: { vct_values: [VCT] }, claims: [{ path: ['card_number'] }] }] }),
  })
  const asked = await person.post('/vp/presentations', { request: `openid4vp://?${request}`, delivery: 'return' })
  assert.equal(asked.status, 201, asked.text)
  const done = await person.post(`/vp/presentations/${asked.json.id}/approve`, { credential: person.device.get(asked.json.publicKey) })
  assert.equal(done.status, 200, done.text)
  assert.equal(done.json.state, 'returned')
  const [shown] = done.json.vp_token.card
  const parts = shown.split('~')
  assert.equal(parts.length, 3, 'one disclosure and the key binding')
  assert.match(Buffer.from(parts[1], 'base64url').toString(), /card_number/)
  const { cnf } = jose.decodeJwt(parts[0])
  const kb = await jose.compactVerify(parts[2], await jose.importJWK(cnf.jwk, 'ES256'))
  const binding = JSON.parse(Buffer.from(kb.payload))
  assert.equal(binding.nonce, 'n-0S6_WzA2Mj')
  assert.equal(binding.aud, 'redirect_uri:https://verifier.example/done')
})
