// Key attestations and presentations as key proofs, made by packages from npm and taken by the gateway (OpenID4VCI 1.0, Appendix D, F.1 to F.3; PRO-1): createKeyAttestationJwt and the
// wallet of @openid4vc, presentations signed by @digitalbazaar/vc. attester.mjs made the attester before the gateway started.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import * as vc from '@digitalbazaar/vc'
import { createKeyAttestationJwt, Openid4vciClient } from '@openid4vc/openid4vci'
import { BASE, callbacks, DIR, holder, jose, sealgate, signerOf } from './lib.mjs'
import { documentLoader, freshKey, proofBy, suites } from './peers.mjs'

const SD_JWT = 'attested_card_sd_jwt'
const LDP = 'attested_card_ldp'
const folder = mkdtempSync(join(tmpdir(), 'sealgate-attested-'))
const claims = join(folder, 'claims.json')
const attester = JSON.parse(readFileSync(join(DIR, 'clients/attester-leaf.json')))
after(() => rmSync(folder, { recursive: true, force: true }))
before(() => {
  writeFileSync(claims, '{"name":"Aiko"}')
  for (const id of [SD_JWT, LDP]) {
    const set = sealgate('mandate', 'set', 'demo-client', '--key', 'seal-es256', '--configuration', id, '--count', '200',
      '--operator', join(DIR, 'operators/operator1.json'), '--operator', join(DIR, 'operators/operator2.json'))
    assert.equal(set.status, 0, set.stderr)
  }
})

/** A wallet from npm with an access token for the configuration, and a nonce. */
async function opened(id, keys) {
  const dpopKey = await holder()
  const client = new Openid4vciClient({ callbacks: callbacks([...keys, dpopKey]) })
  const made = sealgate('offer', '--configuration', id, '--claims', claims)
  assert.equal(made.status, 0, made.stderr)
  const credentialOffer = await client.resolveCredentialOffer(made.stdout.trim())
  const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer)
  const token = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({ credentialOffer, issuerMetadata, dpop: { signer: signerOf(dpopKey) } })
  const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata })
  const ask = async (proofs) => (await client.retrieveCredentials({ issuerMetadata, credentialConfigurationId: id, proofs,
    accessToken: token.accessTokenResponse.access_token, dpop: { ...token.dpop, signer: signerOf(dpopKey) } })).credentialResponse.credentials.map((c) => c.credential)
  return { client, issuerMetadata, nonce, ask }
}

/** By the package, which (0.4.6) still writes the typ of the drafts; `typ` puts another there. */
const attest = async (keys, { use = 'proof_type.attestation', nonce, keyStorage = ['iso_18045_high'], typ, ...more }) => createKeyAttestationJwt({
  use, nonce, keyStorage, issuedAt: new Date(), expiresAt: new Date(Date.now() + 600e3), attestedKeys: keys.map((k) => k.publicJwk),
  signer: { method: 'x5c', alg: 'ES256', x5c: attester.x5c }, additionalPayload: { iss: 'https://wallets.example' }, ...more,
  callbacks: { signJwt: async (_signer, { header, payload }) => ({ jwt: await new jose.SignJWT(payload)
    .setProtectedHeader({ ...header, ...(typ && { typ }) }).sign(await jose.importJWK(attester.jwk, 'ES256')) }) },
})
const boundTo = (credentials) => Promise.all(credentials.map((c) => jose.calculateJwkThumbprint(jose.decodeJwt(c.split('~')[0]).cnf.jwk)))
const thumbprints = (keys) => keys.map((k) => k.thumbprint)

test('the package reads the proof types of the metadata', async () => {
  const { issuerMetadata } = await opened(SD_JWT, [])
  assert.equal(issuerMetadata.originalDraftVersion, 'V1')
  const types = issuerMetadata.credentialIssuer.credential_configurations_supported[SD_JWT].proof_types_supported
  assert.deepEqual(types.attestation.key_attestations_required.key_storage, ['iso_18045_high', 'iso_18045_moderate'])
})

test('an attestation alone: a credential for each of its keys', async () => {
  const keys = await Promise.all([holder(), holder(), holder()])
  const { nonce, ask } = await opened(SD_JWT, keys)
  const credentials = await ask({ attestation: [await attest(keys, { nonce })] })
  assert.deepEqual(await boundTo(credentials), thumbprints(keys))
})

test('a proof with an attestation in its header', async () => {
  const keys = await Promise.all([holder(), holder()])
  const { client, issuerMetadata, nonce, ask } = await opened(SD_JWT, keys)
  const keyAttestationJwt = await attest(keys, { use: 'proof_type.jwt', nonce })
  const { jwt } = await client.createCredentialRequestJwtProof({ issuerMetadata, credentialConfigurationId: SD_JWT, nonce, signer: signerOf(keys[1]), keyAttestationJwt })
  assert.deepEqual(await boundTo(await ask({ jwt: [jwt] })), [keys[1].thumbprint, keys[0].thumbprint])
})

test('attestations that say too little, too late, or are something else get nothing', async () => {
  const keys = [await holder()]
  const { nonce, ask } = await opened(SD_JWT, keys)
  const refused = async (options) => assert.rejects(ask({ attestation: [await attest(keys, { nonce, ...options })] }), (e) => /invalid_proof/.test(JSON.stringify(e.response ?? e)) || /invalid_proof/.test(String(e)))
  await refused({ keyStorage: ['iso_18045_basic'] })
  await refused({ expiresAt: new Date(Date.now() - 120e3) })
  await refused({ additionalPayload: { iss: 'https://evil.example' } })
  await refused({ typ: 'JWT' })
})

for (const name of ['eddsa-rdfc-2022', 'ecdsa-rdfc-2019', 'eddsa-jcs-2022', 'ecdsa-jcs-2019']) {
  for (const curve of suites[name].curves) {
    test(`a presentation by @digitalbazaar/vc proves a key: ${name}, ${curve}`, async () => {
      const key = await freshKey(curve)
      const { nonce, ask } = await opened(LDP, [])
      const shown = async (over = {}, document = {}) => vc.signPresentation({ presentation: { '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiablePresentation'], holder: key.did, ...document },
        suite: proofBy(key, name), challenge: nonce, domain: BASE, documentLoader, ...over })
      const [credential] = await ask({ di_vp: [await shown()] })
      assert.equal(credential.credentialSubject.id, key.did)
      const checked = await vc.verifyCredential({ credential, suite: new DataIntegrityProof({ cryptosuite: suites['ecdsa-rdfc-2019'].verifies }), documentLoader, checkStatus: async () => ({ verified: true }) })
      assert.ok(checked.verified, String(checked.error))
      await assert.rejects(ask({ di_vp: [await shown({ domain: 'https://other.example' })] }))
      await assert.rejects(ask({ di_vp: [await shown({ challenge: 'stale' })] }))
      const changed = await shown()
      await assert.rejects(ask({ di_vp: [{ ...changed, id: 'urn:uuid:1b1e2f7e-0000-4000-8000-000000000000' }] }))
    })
  }
}
