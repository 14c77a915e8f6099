// A credential issuer that none of us wrote: @openid4vc/openid4vci checks the proofs, @sd-jwt/sd-jwt-vc makes the credentials. OpenID4VCI 1.0 with
// the pre-authorised code, a nonce endpoint, batches, and key attestations wanted or not. For wallets whose keys are kept by the gateway (PRO-1).
import { createServer } from 'node:http'
import { createHash, randomBytes } from 'node:crypto'
import * as jose from 'jose'
import { Openid4vciIssuer } from '@openid4vc/openid4vci'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import { digest, generateSalt } from '@sd-jwt/crypto-nodejs'
import { holder } from './lib.mjs'

export const VCT = 'https://registry.example/library_card'
const CONFIGURATION = 'library_card'

/** Verify with the key that the JWT itself shows, which is what a proof of possession means; what shows none (a key attestation) with one we know. */
function callbacks(attesters) {
  return {
    hash: (data, alg) => createHash(alg.replace('-', '')).update(data).digest(),
    generateRandom: (n) => randomBytes(n),
    verifyJwt: async (signer, { compact }) => {
      const jwk = signer.publicJwk ?? attesters.find((k) => k.kid === signer.kid || k.kid === jose.decodeProtectedHeader(compact).kid)
      if (jwk === undefined) return { verified: false }
      try {
        await jose.compactVerify(compact, await jose.importJWK(jwk, jose.decodeProtectedHeader(compact).alg))
        return { verified: true, signerJwk: jwk }
      } catch {
        return { verified: false }
      }
    },
  }
}

async function body(req) {
  const parts = []
  for await (const part of req) parts.push(part)
  return Buffer.concat(parts).toString()
}

/** Starts one; { url, offer(), close(), proofs: what was presented, errors }. `attesters`: JWKs whose key attestations are believed. */
export async function foreignIssuer({ attesters = [], needAttestation = false } = {}) {
  const key = await holder()
  const state = { codes: new Set(), tokens: new Set(), nonces: new Set(), proofs: [], errors: [] }
  const server = createServer()
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://localhost:${server.address().port}`
  const issuer = new Openid4vciIssuer({ callbacks: callbacks(attesters) })
  const proofTypes = { jwt: { proof_signing_alg_values_supported: ['ES256'], ...(needAttestation && { key_attestations_required: {} }) } }
  const credentialIssuer = {
    credential_issuer: url, credential_endpoint: `${url}/credential`, nonce_endpoint: `${url}/nonce`, batch_credential_issuance: { batch_size: 16 },
    credential_configurations_supported: {
      [CONFIGURATION]: {
        format: 'dc+sd-jwt', vct: VCT, scope: CONFIGURATION, cryptographic_binding_methods_supported: ['jwk'],
        credential_signing_alg_values_supported: ['ES256'], proof_types_supported: proofTypes,
        credential_metadata: { display: [{ name: 'Library card' }], claims: [{ path: ['given_name'] }, { path: ['card_number'] }] },
      },
    },
  }
  const authorizationServer = {
    issuer: url, token_endpoint: `${url}/token`, 'pre-authorized_grant_anonymous_access_supported': true,
    grant_types_supported: ['urn:ietf:params:oauth:grant-type:pre-authorized_code'],
  }
  const sdjwt = new SDJwtVcInstance({
    hasher: digest, saltGenerator: generateSalt, hashAlg: 'sha-256', signAlg: 'ES256',
    signer: async (data) => {
      const [head, payload] = data.split('.')
      const jws = await new jose.CompactSign(Buffer.from(payload, 'base64url'))
        .setProtectedHeader(JSON.parse(Buffer.from(head, 'base64url'))).sign(key.privateKey)
      return jws.split('.')[2]
    },
  })

  async function credentials(request) {
    const jwts = request.proofs?.jwt ?? []
    if (jwts.length === 0) throw new Error('no proofs')
    const made = []
    for (const jwt of jwts) {
      const { payload } = { payload: jose.decodeJwt(jwt) }
      if (!state.nonces.has(payload.nonce)) throw new Error('nonce is not ours')
      const proof = await issuer.verifyCredentialRequestJwtProof({
        issuerMetadata: { credentialIssuer, authorizationServers: [authorizationServer], originalDraftVersion: 'V1' },
        jwt, expectedNonce: payload.nonce,
      })
      if (needAttestation && proof.keyAttestation === undefined) throw new Error('no key attestation')
      state.proofs.push(proof)
      const now = Math.floor(Date.now() / 1000)
      const { kty, crv, x, y } = proof.signer.publicJwk
      made.push(await sdjwt.issue(
        { iss: url, iat: now, exp: now + 3600, vct: VCT, cnf: { jwk: { kty, crv, x, y } }, given_name: 'Aiko', card_number: 'L-4711' },
        { _sd: ['given_name', 'card_number'] }, { header: { kid: key.thumbprint } }))
    }
    for (const jwt of jwts) state.nonces.delete(jose.decodeJwt(jwt).nonce)
    return { credentials: made.map((credential) => ({ credential })) }
  }

  server.on('request', async (req, res) => {
    const answer = (status, value) => { res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }); res.end(JSON.stringify(value)) }
    const text = await body(req)
    try {
      switch (req.url) {
        case '/.well-known/openid-credential-issuer': return answer(200, credentialIssuer)
        case '/.well-known/oauth-authorization-server': return answer(200, authorizationServer)
        case '/.well-known/jwt-vc-issuer':
          return answer(200, { issuer: url, jwks: { keys: [{ ...key.publicJwk, kid: key.thumbprint }] } })
        case '/nonce': {
          const c_nonce = randomBytes(16).toString('base64url')
          state.nonces.add(c_nonce)
          return answer(200, { c_nonce })
        }
        case '/token': {
          const code = new URLSearchParams(text).get('pre-authorized_code')
          if (!state.codes.delete(code)) return answer(400, { error: 'invalid_grant' })
          const access_token = randomBytes(24).toString('base64url')
          state.tokens.add(access_token)
          return answer(200, { access_token, token_type: 'Bearer', expires_in: 300 })
        }
        case '/credential': {
          const [, token] = (req.headers.authorization ?? '').split(' ')
          if (!state.tokens.has(token)) return answer(401, { error: 'invalid_token' })
          return answer(200, await credentials(JSON.parse(text)))
        }
        default: return answer(404, { error: 'not_found' })
      }
    } catch (error) {
      state.errors.push(error)
      answer(400, { error: 'invalid_proof', error_description: String(error.message) })
    }
  })
  return {
    url, attesters, configuration: CONFIGURATION, publicJwk: key.publicJwk, proofs: state.proofs, errors: state.errors,
    offer() {
      const code = randomBytes(16).toString('base64url')
      state.codes.add(code)
      const object = {
        credential_issuer: url, credential_configuration_ids: [CONFIGURATION],
        grants: { 'urn:ietf:params:oauth:grant-type:pre-authorized_code': { 'pre-authorized_code': code } },
      }
      return `openid-credential-offer://?credential_offer=${encodeURIComponent(JSON.stringify(object))}`
    },
    close: () => new Promise((done) => { server.closeAllConnections(); server.close(done) }),
  }
}

/** The wallet, from npm: fetch credentials from that issuer with `proofs(nonce, audience)`: JWTs made by whoever keeps the keys. */
export async function fetchFrom(client, issuer, proofs) {
  const credentialOffer = await client.resolveCredentialOffer(issuer.offer())
  const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer)
  const token = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({ credentialOffer, issuerMetadata })
  const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata })
  const answer = await client.retrieveCredentials({
    issuerMetadata, credentialConfigurationId: issuer.configuration, proofs: { jwt: await proofs(nonce, issuer.url) },
    accessToken: token.accessTokenResponse.access_token,
  })
  return answer.credentialResponse.credentials.map((c) => c.credential)
}
