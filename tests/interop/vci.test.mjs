// OpenID4VCI 1.0 with a wallet from npm (PRO-1), SD-JWT VC and its status list with a verifier from npm (FMT-1, STA-1),
// a presentation made by that library verified by `sealgate verify`.
import assert from 'node:assert/strict'
import { writeFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { getListFromStatusListJWT, getStatusListFromJWT } from '@sd-jwt/jwt-status-list'
import { BASE, CONFIGURATION, holder, issuerKey, jose, offer, sdJwtVc, sealgate, signerOf, wallet } from './lib.mjs'

const folder = mkdtempSync(join(tmpdir(), 'sealgate-interop-'))
const claims = { given_name: 'string', nationalities: 'object' }

/** The whole pre-authorised flow; `keys` holders get one credential each. */
async function receive({ keys, dpopKey, options = [], txCode: wrong }) {
  const all = [...keys, ...(dpopKey ? [dpopKey] : [])]
  const client = wallet(all)
  const made = offer(options)
  const credentialOffer = await client.resolveCredentialOffer(made.uri)
  const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer)
  const dpop = dpopKey && { signer: signerOf(dpopKey) }
  const token = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({
    credentialOffer, issuerMetadata, txCode: wrong ?? made.txCode, dpop,
  })
  const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata })
  const proofs = { jwt: [] }
  for (const key of keys) {
    const { jwt } = await client.createCredentialRequestJwtProof({
      issuerMetadata, credentialConfigurationId: CONFIGURATION, nonce, signer: signerOf(key),
    })
    proofs.jwt.push(jwt)
  }
  const answer = await client.retrieveCredentials({
    issuerMetadata, credentialConfigurationId: CONFIGURATION, proofs,
    accessToken: token.accessTokenResponse.access_token, dpop: token.dpop && { ...token.dpop, signer: signerOf(dpopKey) },
  })
  return {
    issuerMetadata, tokenType: token.accessTokenResponse.token_type,
    credentials: answer.credentialResponse.credentials,
  }
}

const textOf = (c) => (typeof c === 'string' ? c : c.credential)

test('metadata is read as OpenID4VCI 1.0', async () => {
  const client = wallet([])
  const metadata = await client.resolveIssuerMetadata(BASE)
  assert.equal(metadata.credentialIssuer.credential_issuer, BASE)
  assert.equal(metadata.originalDraftVersion, 'V1')
})

test('pre-authorised flow with DPoP: the credential verifies, bound to the holder, status valid', async () => {
  const key = await holder()
  const { credentials, tokenType } = await receive({ keys: [key], dpopKey: await holder() })
  assert.match(tokenType, /^dpop$/i)
  assert.equal(credentials.length, 1)
  const text = textOf(credentials[0])
  const verifier = await sdJwtVc(text)
  const { payload, header } = await verifier.verify(text) // asks the status list too
  assert.equal(header.typ, 'dc+sd-jwt')
  assert.equal(payload.vct, `${BASE}/credentials/employee_badge`)
  assert.deepEqual(payload.cnf.jwk.x, key.publicJwk.x)
  const disclosed = await verifier.getClaims(text)
  for (const [name, type] of Object.entries(claims)) assert.equal(typeof disclosed[name], type, name)
})

test('transaction code: needed, and a wrong one gets nothing', async () => {
  const key = await holder()
  const dpopKey = await holder()
  const { credentials } = await receive({ keys: [key], dpopKey, options: ['--tx-code'] })
  assert.equal(credentials.length, 1)
  await assert.rejects(receive({ keys: [key], dpopKey, options: ['--tx-code'], txCode: '000000' }), /invalid_grant|token/i)
})

test('offer by reference', async () => {
  const { credentials } = await receive({ keys: [await holder()], dpopKey: await holder(), options: ['--by-reference'] })
  assert.equal(credentials.length, 1)
})

test('a batch of ten: ten keys, ten indexes, no shared digest', async () => {
  const keys = await Promise.all(Array.from({ length: 10 }, () => holder()))
  const { credentials } = await receive({ keys, dpopKey: await holder() })
  assert.equal(credentials.length, 10)
  const indexes = new Set()
  const digests = new Set()
  const bound = new Set()
  for (const c of credentials) {
    const payload = jose.decodeJwt(textOf(c).split('~')[0])
    indexes.add(payload.status.status_list.idx)
    bound.add(payload.cnf.jwk.x)
    for (const d of payload._sd ?? []) { assert.ok(!digests.has(d)); digests.add(d) }
    const verifier = await sdJwtVc(textOf(c))
    await verifier.verify(textOf(c))
  }
  assert.equal(indexes.size, 10)
  assert.deepEqual([...bound].sort(), keys.map((k) => k.publicJwk.x).sort())
})

test('presentation with key binding made by npm verifies with sealgate verify, and tampering does not', async () => {
  const key = await holder()
  const { credentials } = await receive({ keys: [key], dpopKey: await holder() })
  const text = textOf(credentials[0])
  const instance = await sdJwtVc(text, key)
  const presentation = await instance.present(text, { given_name: true }, {
    kb: { payload: { iat: Math.floor(Date.now() / 1000), aud: 'https://verifier.example', nonce: 'n-0S6_WzA2Mj' } },
  })
  const file = join(folder, 'presentation.txt')
  writeFileSync(file, presentation)
  const good = sealgate('verify', file, '--nonce', 'n-0S6_WzA2Mj', '--audience', 'https://verifier.example')
  assert.equal(good.status, 0, good.stderr + good.stdout)
  const otherNonce = sealgate('verify', file, '--nonce', 'other', '--audience', 'https://verifier.example')
  assert.equal(otherNonce.status, 1)
  const otherAudience = sealgate('verify', file, '--nonce', 'n-0S6_WzA2Mj', '--audience', 'https://else.example')
  assert.equal(otherAudience.status, 1)
  const at = Math.floor(presentation.length / 3)
  const flipped = presentation[at] === 'A' ? 'B' : 'A'
  writeFileSync(file, presentation.slice(0, at) + flipped + presentation.slice(at + 1))
  assert.equal(sealgate('verify', file, '--nonce', 'n-0S6_WzA2Mj', '--audience', 'https://verifier.example').status, 1)
})

test('revoking changes the published list, as the npm verifier sees it', async () => {
  const { credentials } = await receive({ keys: [await holder()], dpopKey: await holder() })
  const text = textOf(credentials[0])
  const file = join(folder, 'revoked.txt')
  writeFileSync(file, text)
  const { uri, idx } = getStatusListFromJWT(text.split('~')[0])
  const read = async () => {
    const answer = await fetch(uri, { headers: { accept: 'application/statuslist+jwt' } })
    assert.equal(answer.headers.get('content-type'), 'application/statuslist+jwt')
    const jwt = await answer.text()
    const header = jose.decodeProtectedHeader(jwt)
    assert.equal(header.typ, 'statuslist+jwt')
    const { payload } = await jose.jwtVerify(jwt, await issuerKey(header)) // the package itself does not check these
    assert.equal(payload.sub, uri)
    assert.ok(payload.exp > payload.iat)
    return getListFromStatusListJWT(jwt).getStatus(idx)
  }
  assert.equal(await read(), 0)
  const changed = sealgate('status', 'set', '--credential', file, '--to', 'invalid')
  assert.equal(changed.status, 0, changed.stderr)
  const deadline = Date.now() + 10000
  while ((await read()) !== 1) {
    assert.ok(Date.now() < deadline, 'the list did not change within ten seconds')
    await new Promise((r) => setTimeout(r, 200))
  }
  const verifier = await sdJwtVc(text)
  await assert.rejects(verifier.verify(text), /status/i)
  assert.equal(sealgate('verify', file, '--status').status, 1)
})

test('evidence of a credential is found from the credential and verifies offline', async () => {
  const { credentials } = await receive({ keys: [await holder()], dpopKey: await holder() })
  const file = join(folder, 'credential.txt')
  const evidence = join(folder, 'evidence.json')
  writeFileSync(file, textOf(credentials[0]))
  const deadline = Date.now() + 10000
  let got
  do {
    got = sealgate('evidence', 'get', file, '--out', evidence)
  } while (got.status !== 0 && Date.now() < deadline && (await new Promise((r) => setTimeout(r, 300, true))))
  assert.equal(got.status, 0, got.stderr)
  const good = sealgate('evidence', 'verify', evidence, '--object', file)
  assert.equal(good.status, 0, good.stdout + good.stderr)
  const other = await receive({ keys: [await holder()], dpopKey: await holder() })
  writeFileSync(file, textOf(other.credentials[0]))
  assert.equal(sealgate('evidence', 'verify', evidence, '--object', file).status, 1, 'evidence of another credential')
})
