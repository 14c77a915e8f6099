// The published forms of a status list read by libraries none of us wrote (req: STA-1): the Bitstring credentials with their Data Integrity proofs by
// @digitalbazaar/vc-bitstring-status-list, the CWT by @auth0/cose and cbor2, vc+jwt by jose. The token as JWT is in vci.test.mjs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inflateSync } from 'node:zlib'
import { Sign1 } from '@auth0/cose'
import { named } from '@digitalbazaar/credentials-context'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import * as didKey from '@digitalbazaar/did-method-key'
import { createVerifyCryptosuite } from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite'
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey'
import { verifyCredential } from '@digitalbazaar/vc'
import { checkStatus, decodeList } from '@digitalbazaar/vc-bitstring-status-list'
import { decode } from 'cbor2'
import { BASE, jose, sealgate } from './lib.mjs'

const LIST = `${BASE}/status/employee`
const driver = didKey.driver()
driver.use({ multibaseMultikeyHeader: 'zDna', fromMultibase: EcdsaMultikey.from })
const list = async (url) => (await fetch(url, { headers: { accept: 'application/vc' } })).json()
/** Contexts from the package, did:key from itself, lists of ours from the gateway; nothing else. */
async function documentLoader(url) {
  const context = [...named.values()].find((c) => c.id === url)
  if (context) return { contextUrl: null, documentUrl: url, document: context.context }
  if (url.startsWith('did:key:')) return { contextUrl: null, documentUrl: url, document: await driver.get({ url }) }
  assert.ok(url.startsWith(`${BASE}/status/`), `nobody should ask for ${url}`)
  return { contextUrl: null, documentUrl: url, document: await list(url) }
}
const jcs = new DataIntegrityProof({ cryptosuite: createVerifyCryptosuite() })

/** A credential with this entry, as a W3C credential would name it: only its status is asked for. */
const subjectOf = (uri, idx) => ({
  '@context': ['https://www.w3.org/ns/credentials/v2'],
  type: ['VerifiableCredential'],
  issuer: BASE,
  credentialSubject: { id: 'did:example:subject' },
  credentialStatus: ['revocation', 'suspension'].map((statusPurpose) => ({ type: 'BitstringStatusListEntry', statusPurpose,
    statusListIndex: String(idx), statusListCredential: `${uri}/${statusPurpose}` })),
})
/** [revoked, suspended], with the proofs of both lists verified. The status key is an issuer of its own (docs/status-lists.md). */
async function bits(uri, idx) {
  const answer = await checkStatus({ credential: subjectOf(uri, idx), documentLoader, suite: jcs, verifyMatchingIssuers: false })
  assert.ok(answer.verified, answer.error?.message)
  return answer.results.map((r) => r.status)
}
async function cwtValue(uri, idx, key) {
  const answer = await fetch(uri, { headers: { accept: 'application/statuslist+cwt' } })
  assert.equal(answer.headers.get('content-type'), 'application/statuslist+cwt')
  const sign1 = Sign1.decode(new Uint8Array(await answer.arrayBuffer()))
  await sign1.verify(key)
  assert.equal(sign1.protectedHeaders.get(16), 'application/statuslist+cwt')
  const claims = decode(sign1.payload)
  assert.equal(claims.get(2), uri)
  const list = claims.get(65533)
  assert.equal(list.bits ?? list.get('bits'), 2)
  return (inflateSync(list.lst ?? list.get('lst'))[idx >> 2] >> ((idx & 3) * 2)) & 3
}

test('a suspension and a revocation show in every form, and every form verifies', async () => {
  const [uri, idx] = [LIST, 4242]
  const jwt = await (await fetch(uri)).text()
  const { keys } = await (await fetch(`${BASE}/.well-known/jwks.json`)).json()
  const key = await jose.importJWK(keys.find((k) => k.kid === jose.decodeProtectedHeader(jwt).kid), 'ES256')

  assert.deepEqual(await bits(uri, idx), [false, false])
  assert.equal(await cwtValue(uri, idx, key), 0)
  for (const [word, value, want] of [['suspended', 2, [false, true]], ['valid', 0, [false, false]], ['invalid', 1, [true, false]]]) {
    const changed = sealgate('status', 'set', '--list', uri, '--index', String(idx), '--to', word)
    assert.equal(changed.status, 0, changed.stderr)
    const deadline = Date.now() + 10000
    while ((await cwtValue(uri, idx, key)) !== value) {
      assert.ok(Date.now() < deadline, `the list did not change to ${word} within ten seconds`)
      await new Promise((r) => setTimeout(r, 200))
    }
    assert.deepEqual(await bits(uri, idx), want, word)
  }
})

test('the message list verifies, and not with another end', async () => {
  const credential = await list(`${LIST}/message`)
  const answer = await verifyCredential({ credential, suite: jcs, documentLoader })
  assert.ok(answer.verified, JSON.stringify(answer.error))
  const changed = { ...credential, validUntil: '2099-01-01T00:00:00Z' }
  assert.equal((await verifyCredential({ credential: changed, suite: jcs, documentLoader })).verified, false)
})

test('a changed list does not verify', async () => {
  const credential = await list(`${LIST}/revocation`)
  assert.ok((await verifyCredential({ credential, suite: jcs, documentLoader })).verified)
  const { encodedList } = (await list(`${LIST}/suspension`)).credentialSubject
  credential.credentialSubject.encodedList = encodedList === credential.credentialSubject.encodedList ? `${encodedList.slice(0, -2)}AA` : encodedList
  assert.equal((await verifyCredential({ credential, suite: jcs, documentLoader })).verified, false)
})

test('vc+jwt verifies with the published key, over the same bits', async () => {
  const jwt = await (await fetch(`${LIST}/revocation`, { headers: { accept: 'application/vc+jwt' } })).text()
  const { kid, typ, cty } = jose.decodeProtectedHeader(jwt)
  assert.deepEqual([typ, cty], ['vc+jwt', 'vc'])
  const { keys } = await (await fetch(`${BASE}/.well-known/jwks.json`)).json()
  const { payload } = await jose.compactVerify(jwt, await jose.importJWK(keys.find((k) => k.kid === kid), 'ES256'))
  const { encodedList } = JSON.parse(new TextDecoder().decode(payload)).credentialSubject
  assert.equal((await decodeList({ encodedList })).length >= 131072, true)
})
