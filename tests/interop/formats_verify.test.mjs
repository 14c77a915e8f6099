// `sealgate verify` over each format: what the gateway gave a wallet from npm, what libraries from npm issue with keys of their own, what a wallet
// presents; and the same with one byte or member changed, refused. Revocations as their verifiers see them (FMT-1..FMT-5, STA-1, SIG-7).
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { inflateSync } from 'node:zlib'
import { Algorithms, Headers, Sign1 } from '@auth0/cose'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import * as vc from '@digitalbazaar/vc'
import { checkStatus } from '@digitalbazaar/vc-bitstring-status-list'
import { SDJwtInstance } from '@sd-jwt/core'
import { digest, generateSalt } from '@sd-jwt/crypto-nodejs'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import { decode } from 'cbor2'
import { BASE, holder, jose, receiveOne, sealgate } from './lib.mjs'
import { derive, documentLoader, freshKey, proofBy, suites } from './peers.mjs'

const TYP = 16 // RFC 9596
const CWT_CLAIMS = 15 // RFC 9597
const folder = mkdtempSync(join(tmpdir(), 'sealgate-formats-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const metadata = await (await fetch(`${BASE}/.well-known/openid-credential-issuer`)).json()
const configurations = Object.fromEntries(Object.entries(metadata.credential_configurations_supported).filter(([id]) => id.startsWith('employee_badge'))) // the demo's

const asked = ['--nonce', 'n-0S6_WzA2Mj', '--audience', 'https://verifier.example']
const askedElse = ['--nonce', 'another', '--audience', 'https://verifier.example']
let files = 0
function saved(object) {
  const file = join(folder, `object${files++}`)
  writeFileSync(file, typeof object === 'string' || Buffer.isBuffer(object) ? object : JSON.stringify(object))
  return file
}
/** `sealgate verify` of an object that must hold: { format, claims }. */
function verified(object, ...options) {
  const { status, stdout, stderr } = sealgate('verify', saved(object), '--json', ...options)
  assert.equal(status, 0, stdout + stderr)
  return JSON.parse(stdout)
}
/** It must not hold, and the words must say what did not. */
function refused(object, words, ...options) {
  const { status, stdout, stderr } = sealgate('verify', saved(object), ...options)
  assert.equal(status, 1, stdout + stderr)
  assert.match(stdout + stderr, words)
}

/** Lists and checkpoints are published a moment later. */
async function until(what, ready) {
  const deadline = Date.now() + 10000
  while (!(await ready())) {
    assert.ok(Date.now() < deadline, `${what} did not come within ten seconds`)
    await new Promise((r) => setTimeout(r, 200))
  }
}

// ---- changes: one byte of a text or of bytes, one member of a document

const other = (text, at) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
/** A JWS (and what follows it) with one letter of its signature changed, and with one byte of its payload. */
function* changedJws(text) {
  const [header, payload, rest] = text.split('.')
  yield `${header}.${payload}.${other(rest, 10)}`
  const bytes = Buffer.from(payload, 'base64url')
  bytes[bytes.lastIndexOf('20') + 3] ^= 1 // a digit of a time
  yield `${header}.${bytes.toString('base64url')}.${rest}`
}
function* changedCose(bytes, inPayload) {
  for (const at of [bytes.length - 1, bytes.indexOf(inPayload)]) {
    const copy = Buffer.from(bytes)
    copy[at] ^= 1
    yield copy
  }
}
function* changedDocument(document) {
  yield { ...document, validUntil: '2098-01-01T00:00:00Z' }
  const { proofValue } = document.proof
  yield { ...document, proof: { ...document.proof, proofValue: other(proofValue, Math.floor(proofValue.length / 2)) } }
}
const NOT_HELD = /FAILED/

// ---- what the gateway issued

for (const [id, { format }] of Object.entries(configurations)) {
  test(`sealgate verify: ${id} as a wallet received it, its status too`, async () => {
    const given = await receiveOne(id, await holder())
    const credential = given.proof?.cryptosuite === 'ecdsa-sd-2023' ? await derive(given, ['/credentialSubject/department']) : given
    assert.equal(verified(credential, '--status').format, format)
    const changes = typeof credential === 'object' ? changedDocument(credential)
      : format === 'vc+cose' || format === 'mso_mdoc' ? changedCose(Buffer.from(credential, 'base64url'), 'Yamada')
        : changedJws(credential)
    for (const changed of changes) refused(changed, NOT_HELD)
  })
}

/** COSE and mdoc come as base64url; people keep them as bytes too. */
const inBytes = (id, credential) => /cose|mdoc/.test(configurations[id].format) ? Buffer.from(credential, 'base64url') : credential

test('evidence of every format is found from the object and holds for it alone', async () => {
  const ids = Object.keys(configurations)
  const objects = []
  for (const id of ids) objects.push(saved(inBytes(id, await receiveOne(id, await holder()))))
  for (const [i, object] of objects.entries()) {
    const evidence = `${object}.evidence`
    await until(`evidence of ${ids[i]}`, async () => sealgate('evidence', 'get', object, '--out', evidence).status === 0)
    const { status, stdout, stderr } = sealgate('evidence', 'verify', evidence, '--object', object)
    assert.equal(status, 0, ids[i] + stdout + stderr)
    assert.equal(sealgate('evidence', 'verify', evidence, '--object', objects[(i + 1) % ids.length]).status, 1, ids[i])
  }
})

// ---- what others issue

const document = (key, more = {}) => ({
  '@context': ['https://www.w3.org/ns/credentials/v2'],
  id: 'urn:uuid:0f1c3c9e-7a51-4f5a-9a40-0a1e6b1d5f3c',
  type: ['VerifiableCredential'],
  issuer: key.did,
  validFrom: '2024-01-01T00:00:00Z',
  validUntil: '2099-01-01T00:00:00Z',
  credentialSubject: { id: 'did:example:s', name: '大学 “of” letters', description: 'A line\nand a tab\t' },
  ...more,
})
const jws = (key, header, payload) => new jose.CompactSign(Buffer.from(JSON.stringify(payload)))
  .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey)
const sdJwtKit = (key) => ({
  hasher: digest, hashAlg: 'sha-256', saltGenerator: generateSalt, signAlg: key.alg,
  signer: async (data) => {
    const [header, payload] = data.split('.').map((part) => Buffer.from(part, 'base64url'))
    return (await new jose.CompactSign(payload).setProtectedHeader(JSON.parse(header)).sign(key.privateKey)).split('.')[2]
  },
})

for (const curve of ['P-256', 'P-384', 'Ed25519']) {
  test(`jose, ${curve}: a vc+jwt verifies`, async () => {
    const key = await freshKey(curve)
    const text = await jws(key, { typ: 'vc+jwt', cty: 'vc' }, document(key))
    const { format, claims } = verified(text)
    assert.equal(format, 'vc+jwt')
    assert.deepEqual(claims, document(key))
    for (const changed of changedJws(text)) refused(changed, /FAILED +signature/)
    const stranger = await freshKey(curve)
    refused(await jws(stranger, { typ: 'vc+jwt' }, document(key)), NOT_HELD) // one speaks for another
    refused(await jws(key, { typ: 'vp+jwt' }, document(key)), NOT_HELD, ...asked)
  })

  test(`@sd-jwt/core, ${curve}: a vc+sd-jwt verifies`, async () => {
    const key = await freshKey(curve)
    const theirs = new SDJwtInstance(sdJwtKit(key))
    const text = await theirs.issue(document(key), { credentialSubject: { _sd: ['name'] } }, { header: { typ: 'vc+sd-jwt', kid: key.kid } })
    const { format, claims } = verified(text)
    assert.equal(format, 'vc+sd-jwt')
    assert.deepEqual(claims.credentialSubject, document(key).credentialSubject)
    for (const changed of changedJws(text)) refused(changed, NOT_HELD)
    const [before, disclosure] = text.split('~')
    refused(`${before}~${other(disclosure, 5)}~`, NOT_HELD)
    assert.equal('name' in verified(`${before}~`).claims.credentialSubject, false)
  })

  test(`@auth0/cose, ${curve}: a vc+cose verifies`, async () => {
    const key = await freshKey(curve)
    const bytes = Buffer.from((await Sign1.sign([[Headers.Algorithm, Algorithms[key.alg]], [TYP, 'application/vc+cose'], [Headers.KeyID, Buffer.from(key.kid)]],
      [], Buffer.from(JSON.stringify(document(key))), key.privateKey)).encode())
    const { format, claims } = verified(bytes)
    assert.equal(format, 'vc+cose')
    assert.deepEqual(claims, document(key))
    for (const changed of changedCose(bytes, 'letters')) refused(changed, NOT_HELD)
  })
}

test('@sd-jwt/sd-jwt-vc: a dc+sd-jwt verifies with the key that we are given', async () => {
  const key = await freshKey()
  const theirs = new SDJwtVcInstance(sdJwtKit(key))
  const now = Math.floor(Date.now() / 1000)
  const text = await theirs.issue({ iss: 'https://issuer.example', iat: now, exp: now + 3600, vct: 'https://issuer.example/badge', name: 'Ava', town: 'T' },
    { _sd: ['name', 'town'] }, { header: { typ: 'dc+sd-jwt', kid: 'k1' } })
  const trust = ['--key', saved(key.publicJwk)]
  const { format, claims } = verified(text, ...trust)
  assert.equal(format, 'dc+sd-jwt')
  assert.equal(claims.name, 'Ava')
  refused(text, NOT_HELD) // nobody vouches for the key
  const [before, first, second] = text.split('~')
  refused(`${before}~${other(first, 5)}~${second}~`, NOT_HELD, ...trust)
  const [header, payload, signature] = before.split('.')
  refused(`${header}.${payload}.${other(signature, 10)}~${first}~${second}~`, NOT_HELD, ...trust)
})

for (const [name, { curves }] of Object.entries(suites)) {
  for (const curve of curves) {
    test(`@digitalbazaar/vc, ${name}, ${curve}: a credential verifies`, async () => {
      const key = await freshKey(curve)
      const issued = await vc.issue({ credential: document(key), suite: proofBy(key, name), documentLoader })
      const shown = name === 'ecdsa-sd-2023' ? await derive(issued, ['/credentialSubject/name']) : issued
      const { format, claims } = verified(shown)
      assert.equal(format, 'ldp_vc')
      assert.equal(claims.credentialSubject.name, document(key).credentialSubject.name)
      for (const changed of changedDocument(shown)) refused(changed, /FAILED +proof/)
      const stranger = await freshKey(curve)
      refused({ ...shown, issuer: stranger.did }, NOT_HELD)
    })
  }
}

// ---- what a wallet presents of ours

for (const [name, { curves: [curve] }] of Object.entries(suites).filter(([n]) => n !== 'ecdsa-sd-2023')) {
  test(`@digitalbazaar/vc, ${name}: a presentation of the gateway's credential verifies, and not for another`, async () => {
    const key = await freshKey(curve)
    const credential = await receiveOne('employee_badge_ldp_ecdsa_rdfc', await freshKey())
    const presentation = await vc.signPresentation({ challenge: 'n-0S6_WzA2Mj', domain: 'https://verifier.example', suite: proofBy(key, name), documentLoader,
      presentation: { '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiablePresentation'], holder: key.did, verifiableCredential: [credential] } })
    assert.equal(verified(presentation, ...asked).format, 'ldp_vp')
    refused(presentation, /FAILED.*(challenge|CHALLENGE)/, ...askedElse)
    const changed = structuredClone(presentation)
    changed.verifiableCredential[0].credentialSubject.department = 'Sales'
    refused(changed, NOT_HELD, ...asked)
  })
}

test('jose: a vp+jwt around the gateway\'s vc+jwt verifies, and not for another', async () => {
  const key = await freshKey()
  const credential = await receiveOne('employee_badge_jwt', key)
  const text = await jws(key, { typ: 'vp+jwt' }, { '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiablePresentation'], holder: key.did,
    nonce: 'n-0S6_WzA2Mj', aud: 'https://verifier.example', verifiableCredential: [{ '@context': 'https://www.w3.org/ns/credentials/v2',
      type: 'EnvelopedVerifiableCredential', id: `data:application/vc+jwt,${credential}` }] })
  assert.equal(verified(text, ...asked).format, 'vp+jwt')
  refused(text, NOT_HELD, ...askedElse)
  for (const changed of changedJws(text)) refused(changed, NOT_HELD, ...asked)
})

// VC-JOSE-COSE names no nonce among the CWT claims; RFC 9711 does (10, a byte string): without it nobody can say that such a presentation is fresh.
test('@auth0/cose: a vp+cose around the gateway\'s vc+cose is for its audience and answers its nonce', async () => {
  const key = await freshKey()
  const credential = await receiveOne('employee_badge_cose', key)
  const payload = Buffer.from(JSON.stringify({ '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiablePresentation'], holder: key.did,
    verifiableCredential: [{ '@context': 'https://www.w3.org/ns/credentials/v2', type: 'EnvelopedVerifiableCredential',
      id: `data:application/vc+cose;base64,${Buffer.from(credential, 'base64url').toString('base64')}` }] }))
  const made = async (aud, ...nonce) => Buffer.from((await Sign1.sign([[Headers.Algorithm, Algorithms[key.alg]], [TYP, 'application/vp+cose'],
    [Headers.KeyID, Buffer.from(key.kid)], [CWT_CLAIMS, new Map([[3, aud], ...nonce.map((n) => [10, Buffer.from(n)])])]], [], payload,
  key.privateKey)).encode())
  refused(await made('https://else.example', 'n-0S6_WzA2Mj'), /FAILED +signature.*DOMAIN/, ...asked)
  refused(await made('https://verifier.example'), /FAILED +signature.*CHALLENGE/, ...asked)
  refused(await made('https://verifier.example', 'n-0S6_WzA2Mk'), /FAILED +signature.*CHALLENGE/, ...asked)
  const bytes = await made('https://verifier.example', 'n-0S6_WzA2Mj')
  assert.equal(verified(bytes, ...asked).format, 'vp+cose')
  for (const changed of changedCose(bytes, 'VerifiablePresentation')) refused(changed, /FAILED +signature.*SIGNATURE/, ...asked)
})

for (const [id, format] of [['employee_badge_sd_jwt', 'dc+sd-jwt'], ['employee_badge_vc_sd_jwt', 'vc+sd-jwt']]) {
  test(`@sd-jwt/core: key binding over the gateway's ${format} verifies, and not for another or by another`, async () => {
    const key = await freshKey()
    const credential = await receiveOne(id, key)
    const present = (by) => new SDJwtInstance({ ...sdJwtKit(by), kbSignAlg: by.alg, kbSigner: sdJwtKit(by).signer }).present(credential, {},
      { kb: { payload: { iat: Math.floor(Date.now() / 1000), aud: 'https://verifier.example', nonce: 'n-0S6_WzA2Mj' } } })
    const text = await present(key)
    assert.equal(verified(text, ...asked).format, format)
    refused(text, NOT_HELD, ...askedElse)
    refused(other(text, text.lastIndexOf('.') + 10), NOT_HELD, ...asked)
    refused(await present(await freshKey()), NOT_HELD, ...asked)
    refused(credential, NOT_HELD, ...asked) // no binding, although it was asked for
  })
}

// ---- revocations

const jcs = new DataIntegrityProof({ cryptosuite: suites['ecdsa-jcs-2019'].verifies })
/** [revoked, suspended], by @digitalbazaar. The status key is an issuer of its own (docs/status-lists.md). */
async function bits(credential) {
  const answer = await checkStatus({ credential, documentLoader, suite: jcs, verifyMatchingIssuers: false })
  assert.ok(answer.verified, answer.error?.message)
  return answer.results.map((r) => r.status)
}

for (const [id, open] of [
  ['employee_badge_ldp_eddsa_rdfc', (c) => c],
  ['employee_badge_jwt', (c) => jose.decodeJwt(c)],
  ['employee_badge_cose', (c) => JSON.parse(Buffer.from(Sign1.decode(Buffer.from(c, 'base64url')).payload))],
]) {
  test(`a revoked ${id}, as @digitalbazaar/vc-bitstring-status-list sees it`, async () => {
    const credential = await receiveOne(id, await holder())
    assert.deepEqual(await bits(open(credential)), [false, false])
    for (const [word, want] of [['suspended', [false, true]], ['invalid', [true, false]]]) {
      const set = sealgate('status', 'set', '--credential', saved(credential), '--to', word)
      assert.equal(set.status, 0, set.stderr)
      await until(word, async () => JSON.stringify(await bits(open(credential))) === JSON.stringify(want))
    }
    verified(credential) // its signature still holds
    refused(credential, /FAILED +status/, '--status')
  })
}

test('a revoked mdoc, as @auth0/cose and cbor2 read the list', async () => {
  const credential = await receiveOne('employee_badge_mdoc', await holder())
  const { issuerAuth } = decode(Buffer.from(credential, 'base64url'))
  const { uri, idx } = decode(decode(issuerAuth[2]).contents).status.status_list
  const { keys } = await (await fetch(`${BASE}/.well-known/jwks.json`)).json()
  const read = async () => {
    const list = Sign1.decode(new Uint8Array(await (await fetch(uri, { headers: { accept: 'application/statuslist+cwt' } })).arrayBuffer()))
    const kid = Buffer.from(list.protectedHeaders.get(Headers.KeyID)).toString('base64url') // the thumbprint's bytes
    await list.verify(await jose.importJWK(keys.find((k) => k.kid === kid), 'ES256'))
    const claims = decode(list.payload)
    assert.equal(claims.get(2), uri)
    const { bits: size, lst } = claims.get(65533)
    assert.equal(size, 2)
    return (inflateSync(lst)[idx >> 2] >> ((idx & 3) * 2)) & 3
  }
  assert.equal(await read(), 0)
  const set = sealgate('status', 'set', '--credential', saved(credential), '--to', 'invalid')
  assert.equal(set.status, 0, set.stderr)
  await until('the list', async () => (await read()) === 1)
  verified(credential)
  refused(credential, /FAILED +status/, '--status')
})
