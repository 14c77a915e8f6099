// Each format over OpenID4VCI with a wallet from npm, and what came verified by a library that none of us wrote, with its status where the library asks for
// one (FMT-3..FMT-5, PRO-1, STA-1). Keys come from what the issuer publishes: did:web document, did:key, certificates under the demo's roots.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { Algorithms, Headers, Sign1 } from '@auth0/cose'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey'
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey'
import * as vc from '@digitalbazaar/vc'
import { SDJwtInstance } from '@sd-jwt/core'
import { digest, generateSalt } from '@sd-jwt/crypto-nodejs'
import { BASE, DIR, holder, jose, receiveOne as receive } from './lib.mjs'
import { derive, documentLoader, suites } from './peers.mjs'

const claims = JSON.parse(readFileSync('conf/demo/claims.json'))
const metadata = await (await fetch(`${BASE}/.well-known/openid-credential-issuer`)).json()
const did = await (await fetch(`${BASE}/.well-known/did.json`)).json()
const ids = Object.keys(metadata.credential_configurations_supported).filter((id) => id.startsWith('employee_badge')) // the demo's
const formatOf = (id) => metadata.credential_configurations_supported[id].format
const of = (format) => ids.filter((id) => formatOf(id) === format)

test('the demo offers each format, and each cryptosuite', () => {
  assert.deepEqual([...new Set(ids.map(formatOf))].sort(), ['dc+sd-jwt', 'ldp_vc', 'mso_mdoc', 'vc+cose', 'vc+jwt', 'vc+sd-jwt'])
  const offered = of('ldp_vc').flatMap((id) => metadata.credential_configurations_supported[id].credential_signing_alg_values_supported)
  assert.deepEqual([...new Set(offered)].sort(), Object.keys(suites).sort())
})

// ---- keys: what a verifier would fetch
async function jwkOf(kid) {
  const method = kid.startsWith('did:key:') ? (await documentLoader(kid)).document : did.verificationMethod.find((m) => m.id === kid)
  if (method.publicKeyJwk) return method.publicKeyJwk
  const key = method.publicKeyMultibase.startsWith('z6Mk') ? await Ed25519Multikey.from(method) : await EcdsaMultikey.from(method)
  return (key.publicKeyMultibase.startsWith('z6Mk') ? Ed25519Multikey : EcdsaMultikey).toJwk({ keyPair: key })
}

const bitAt = (bytes, index) => (bytes[index >> 3] >> (7 - (index & 7))) & 1
/** A Bitstring list, fetched and verified by its own proof or envelope; 1 when the entry is set. */
async function bitstring(entry) {
  const { gunzipSync } = await import('node:zlib')
  const text = await (await fetch(entry.statusListCredential, { headers: { accept: 'application/vc+jwt' } })).text()
  const root = readFileSync(`${DIR}/trust/root.pem`)
  const header = jose.decodeProtectedHeader(text)
  const leaf = new X509Certificate(Buffer.from(header.x5c[0], 'base64'))
  assert.ok(leaf.verify(new X509Certificate(root).publicKey), 'a list signed by somebody else')
  const { payload } = await jose.compactVerify(text, leaf.publicKey)
  const list = JSON.parse(Buffer.from(payload))
  assert.equal(list.id, entry.statusListCredential)
  assert.equal(list.credentialSubject.statusPurpose, entry.statusPurpose)
  return bitAt(gunzipSync(Buffer.from(list.credentialSubject.encodedList.slice(1), 'base64url')), Number(entry.statusListIndex))
}
async function good(document) {
  assert.equal(document.credentialStatus.length, 2)
  for (const entry of document.credentialStatus) assert.equal(await bitstring(entry), 0)
}
function says(subject) {
  const { id, type, ...rest } = subject
  assert.equal(type, 'EmployeeBadge')
  assert.deepEqual(rest, claims)
}

const check = (credential, cryptosuite) => vc.verifyCredential({ credential, suite: new DataIntegrityProof({ cryptosuite }), documentLoader,
  checkStatus: async ({ credential: c }) => ({ verified: (await Promise.all([c.credentialStatus].flat().map(bitstring))).every((v) => v === 0) }) })

for (const id of of('ldp_vc')) {
  test(`@digitalbazaar/vc verifies ${id}, its status too, and not when it was changed`, async () => {
    const key = await holder()
    const credential = await receive(id, key)
    assert.equal(typeof credential, 'object')
    assert.equal(credential.credentialSubject.id.slice(0, 8), 'did:key:')
    says(credential.credentialSubject)
    const { cryptosuite } = credential.proof
    const sd = cryptosuite === 'ecdsa-sd-2023'
    const shown = sd ? await derive(credential, ['/credentialSubject/department']) : credential
    if (sd) {
      assert.equal(shown.credentialSubject.department, claims.department)
      assert.equal('email' in shown.credentialSubject, false)
      assert.ok(shown.credentialStatus && shown.validUntil, 'what must be seen is there')
    }
    const result = await check(shown, suites[cryptosuite].verifies)
    assert.ok(result.verified, JSON.stringify(result.error?.errors ?? result.error, null, 1))
    const changed = structuredClone(shown)
    changed.validUntil = '2099-01-01T00:00:00Z'
    assert.equal((await check(changed, suites[cryptosuite].verifies)).verified, false)
  })
}

for (const id of of('vc+jwt')) {
  test(`jose verifies ${id}`, async () => {
    const key = await holder()
    const credential = await receive(id, key)
    const header = jose.decodeProtectedHeader(credential)
    assert.deepEqual([header.typ, header.cty], ['vc+jwt', 'vc'])
    const { payload } = await jose.compactVerify(credential, await jose.importJWK(await jwkOf(header.kid), header.alg))
    const document = JSON.parse(Buffer.from(payload))
    assert.equal(document.cnf.jwk.x, key.publicJwk.x)
    assert.ok(header.kid.startsWith(`${document.issuer}#`))
    says(document.credentialSubject)
    await good(document)
  })
}

for (const id of of('vc+sd-jwt')) {
  test(`@sd-jwt/core verifies ${id}`, async () => {
    const credential = await receive(id, await holder())
    const header = jose.decodeProtectedHeader(credential.split('~')[0])
    const key = await jose.importJWK(await jwkOf(header.kid), header.alg)
    const theirs = new SDJwtInstance({ hasher: digest, hashAlg: 'sha-256', saltGenerator: generateSalt, signAlg: header.alg,
      verifier: async (data, signature) => { try { await jose.compactVerify(`${data}.${signature}`, key); return true } catch { return false } } })
    const { payload } = await theirs.verify(credential)
    says(payload.credentialSubject)
    await good(payload)
  })
}

for (const id of of('vc+cose')) {
  test(`@auth0/cose verifies ${id}`, async () => {
    const credential = Buffer.from(await receive(id, await holder()), 'base64url')
    const sign1 = Sign1.decode(credential)
    const jwk = await jwkOf(Buffer.from(sign1.protectedHeaders.get(Headers.KeyID)).toString())
    await sign1.verify(await jose.importJWK(jwk, 'ES256'), { algorithms: [Algorithms.ES256] })
    const document = JSON.parse(Buffer.from(sign1.payload))
    says(document.credentialSubject)
    await good(document)
    const changed = Buffer.from(credential)
    changed[changed.length - 1] ^= 1
    await assert.rejects(Sign1.decode(changed).verify(await jose.importJWK(jwk, 'ES256'), { algorithms: [Algorithms.ES256] }))
  })
}
