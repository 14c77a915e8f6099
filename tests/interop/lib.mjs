// What the interop programs share: a started gateway is named by the environment, everything else is a package none of us wrote.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import * as jose from 'jose'
import { Openid4vciClient } from '@openid4vc/openid4vci'
import { clientAuthenticationAnonymous, setGlobalConfig } from '@openid4vc/oauth2'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import { digest, generateSalt } from '@sd-jwt/crypto-nodejs'

export const BASE = process.env.SEALGATE_BASE ?? 'http://localhost:8080'
export const DIR = process.env.SEALGATE_DIR ?? 'var/demo'
export const BIN = process.env.SEALGATE_BIN ?? 'build/release/sealgate'
export const CONFIGURATION = 'employee_badge_sd_jwt'

setGlobalConfig({ allowInsecureUrls: BASE.startsWith('http:') })

/** Run the sealgate command; returns { stdout, stderr, status }. */
export function sealgate(...args) {
  const run = spawnSync(BIN, [...args, '--dir', DIR], { encoding: 'utf8' })
  if (run.error) throw run.error
  return run
}

/** A credential offer made by the demo's system client: { uri, txCode }. */
export function offer(options = []) {
  const run = sealgate('offer', '--configuration', CONFIGURATION, '--claims', 'conf/demo/claims.json', ...options)
  if (run.status !== 0) throw new Error(`sealgate offer: ${run.stderr}`)
  const uri = run.stdout.trim()
  const txCode = run.stderr.match(/\b([0-9]{4,8})\b/)?.[1]
  return { uri, txCode }
}

/** A holder: one key pair, signing JWTs for the callbacks of @openid4vc. */
export async function holder(alg = 'ES256') {
  const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true })
  const publicJwk = await jose.exportJWK(publicKey)
  publicJwk.alg = alg
  return { alg, publicJwk, publicKey, privateKey, thumbprint: await jose.calculateJwkThumbprint(publicJwk) }
}

/** Callbacks for @openid4vc that sign with whichever of the holders has the key named. */
export function callbacks(holders) {
  return {
    fetch,
    hash: (data, alg) => createHash(alg.replace('-', '')).update(data).digest(),
    generateRandom: (n) => randomBytes(n),
    clientAuthentication: clientAuthenticationAnonymous(),
    decryptJwe: async () => { throw new Error('no encryption in this flow') },
    encryptJwe: async () => { throw new Error('no encryption in this flow') },
    verifyJwt: async () => ({ verified: false }),
    signJwt: async (signer, { header, payload }) => {
      const thumbprint = await jose.calculateJwkThumbprint(signer.publicJwk)
      const who = holders.find((h) => h.thumbprint === thumbprint)
      const jwt = await new jose.SignJWT(payload).setProtectedHeader(header).sign(who.privateKey)
      return { jwt, signerJwk: signer.publicJwk }
    },
  }
}

export const signerOf = (h) => ({ method: 'jwk', alg: h.alg, publicJwk: h.publicJwk })
export const wallet = (holders) => new Openid4vciClient({ callbacks: callbacks(holders) })

/** The pre-authorised flow with DPoP for one configuration; a credential for the key. */
export async function receiveOne(id, key) {
  const dpopKey = await holder()
  const client = wallet([key, dpopKey])
  const made = sealgate('offer', '--configuration', id, '--claims', 'conf/demo/claims.json')
  if (made.status !== 0) throw new Error(`sealgate offer: ${made.stderr}`)
  const credentialOffer = await client.resolveCredentialOffer(made.stdout.trim())
  const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer)
  const token = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({ credentialOffer, issuerMetadata, dpop: { signer: signerOf(dpopKey) } })
  const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata })
  const { jwt } = await client.createCredentialRequestJwtProof({ issuerMetadata, credentialConfigurationId: id, nonce, signer: signerOf(key) })
  const answer = await client.retrieveCredentials({
    issuerMetadata, credentialConfigurationId: id, proofs: { jwt: [jwt] },
    accessToken: token.accessTokenResponse.access_token, dpop: { ...token.dpop, signer: signerOf(dpopKey) },
  })
  const [first] = answer.credentialResponse.credentials
  return first.credential
}

/** Issuer key from the credential's x5c, checked against the demo root: the verifier's own path building. */
export async function issuerKey(header) {
  const { readFileSync } = await import('node:fs')
  const root = new X509Certificate(readFileSync(`${DIR}/trust/root.pem`))
  const chain = header.x5c.map((der) => new X509Certificate(Buffer.from(der, 'base64')))
  for (let i = 0; i < chain.length; i++) {
    const issuer = chain[i + 1] ?? root
    if (!chain[i].verify(issuer.publicKey)) throw new Error(`certificate ${i} was not issued by the next one`)
    if (new Date(chain[i].validTo) < new Date()) throw new Error(`certificate ${i} has expired`)
  }
  return chain[0].publicKey
}

const verifierWith = async (data, signature, key, alg) => {
  try {
    await jose.compactVerify(`${data}.${signature}`, key)
    return true
  } catch {
    return false
  }
}

/** An SD-JWT VC verifier (and holder) from npm. */
export async function sdJwtVc(credential, holderKey) {
  const header = jose.decodeProtectedHeader(credential.split('~')[0])
  const key = await issuerKey(header)
  return new SDJwtVcInstance({
    hasher: digest,
    saltGenerator: generateSalt,
    signAlg: 'ES256',
    verifier: (data, signature) => verifierWith(data, signature, key),
    statusVerifier: async (data, signature) => {
      const listHeader = JSON.parse(Buffer.from(data.split('.')[0], 'base64url'))
      return verifierWith(data, signature, await issuerKey(listHeader))
    },
    kbSignAlg: holderKey?.alg,
    kbSigner: holderKey && (async (data) => {
      const [protectedHeader, payload] = data.split('.')
      const jws = await new jose.CompactSign(Buffer.from(payload, 'base64url'))
        .setProtectedHeader(JSON.parse(Buffer.from(protectedHeader, 'base64url'))).sign(holderKey.privateKey)
      return jws.split('.')[2]
    }),
    kbVerifier: async (data, signature, payload) =>
      verifierWith(data, signature, await jose.importJWK(payload.cnf.jwk, 'ES256')),
  })
}

export { jose, execFileSync }
