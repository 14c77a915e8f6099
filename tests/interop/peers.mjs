// Issuers and holders that are not ours: fresh keys under did:key, the Data Integrity suites of @digitalbazaar, documents from their packages or from the
// gateway's own URLs and from nowhere else.
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import * as didKey from '@digitalbazaar/did-method-key'
import * as ecdsaJcs from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite'
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey'
import { cryptosuite as ecdsaRdfc } from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite'
import * as ecdsaSd from '@digitalbazaar/ecdsa-sd-2023-cryptosuite'
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey'
import * as eddsaJcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite'
import { cryptosuite as eddsaRdfc } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite'
import { defaultDocumentLoader } from '@digitalbazaar/vc'
import jsigs from 'jsonld-signatures'
import { BASE, jose } from './lib.mjs'

const own = await (await fetch(`${BASE}/.well-known/did.json`)).json()
const driver = didKey.driver()
driver.use({ multibaseMultikeyHeader: 'zDna', fromMultibase: EcdsaMultikey.from })
driver.use({ multibaseMultikeyHeader: 'z82L', fromMultibase: EcdsaMultikey.from })
driver.use({ multibaseMultikeyHeader: 'z6Mk', fromMultibase: Ed25519Multikey.from })

export async function documentLoader(url) {
  const loaded = (document) => ({ contextUrl: null, documentUrl: url, document })
  if (url.startsWith('did:key:')) return loaded(await driver.get({ url }))
  if (url === own.id) return loaded(own)
  if (url.startsWith(`${own.id}#`)) {
    return loaded({ '@context': 'https://w3id.org/security/multikey/v1', ...own.verificationMethod.find((m) => m.id === url) })
  }
  if (url.startsWith(`${BASE}/contexts/`)) return loaded(await (await fetch(url)).json())
  if (url.startsWith(`${BASE}/status/`)) return loaded(await (await fetch(url, { headers: { accept: 'application/vc' } })).json())
  return defaultDocumentLoader(url)
}

const ALG = { 'P-256': 'ES256', 'P-384': 'ES384', Ed25519: 'EdDSA' }

async function named(library, keyPair, alg) {
  const did = `did:key:${keyPair.publicKeyMultibase}`
  keyPair.controller = did
  keyPair.id = `${did}#${keyPair.publicKeyMultibase}`
  const { key_ops, ext, ...jwk } = await library.toJwk({ keyPair, secretKey: true })
  if (alg === 'EdDSA') jwk.d = Buffer.from(jwk.d, 'base64url').subarray(0, 32).toString('base64url') // it appends the public half
  const { d, ...publicJwk } = jwk
  publicJwk.alg = alg
  return { alg, did, kid: keyPair.id, signer: () => keyPair.signer(), jwk, publicJwk, privateKey: await jose.importJWK(jwk, alg),
    publicKey: await jose.importJWK(publicJwk, alg), thumbprint: await jose.calculateJwkThumbprint(publicJwk) }
}
/** A fresh key that nobody knows, under its did:key; also a holder for the wallet of lib.mjs. */
export async function freshKey(curve = 'P-256') {
  const library = curve === 'Ed25519' ? Ed25519Multikey : EcdsaMultikey
  return named(library, await library.generate({ curve }), ALG[curve])
}

export const suites = {
  'eddsa-rdfc-2022': { signs: () => eddsaRdfc, verifies: eddsaRdfc, curves: ['Ed25519'] },
  'ecdsa-rdfc-2019': { signs: () => ecdsaRdfc, verifies: ecdsaRdfc, curves: ['P-256', 'P-384'] },
  'eddsa-jcs-2022': { signs: eddsaJcs.createSignCryptosuite, verifies: eddsaJcs.createVerifyCryptosuite(), curves: ['Ed25519'] },
  'ecdsa-jcs-2019': { signs: ecdsaJcs.createSignCryptosuite, verifies: ecdsaJcs.createVerifyCryptosuite(), curves: ['P-256', 'P-384'] },
  'ecdsa-sd-2023': { signs: () => ecdsaSd.createSignCryptosuite({ mandatoryPointers: ['/issuer', '/validUntil'] }),
    verifies: ecdsaSd.createVerifyCryptosuite(), curves: ['P-256'] },
}
/** What a holder shows of an ecdsa-sd-2023 base proof. */
export const derive = (credential, selectivePointers) => jsigs.derive(credential, { documentLoader,
  purpose: new jsigs.purposes.AssertionProofPurpose(),
  suite: new DataIntegrityProof({ cryptosuite: ecdsaSd.createDiscloseCryptosuite({ selectivePointers }) }) })
export const proofBy = (key, name) => new DataIntegrityProof({ signer: key.signer(), cryptosuite: suites[name].signs() })
