// An issuer of every format, bound to a holder's key that others keep, and what a verifier does with a presentation of each: libraries from npm throughout. What a
// library does not look at (interop-quirks) is looked at here. For openid4vp_verifier.mjs (PRO-3, FMT-1..FMT-4).
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as jose from 'jose'
import { Algorithms, Headers, Sign1 } from '@auth0/cose'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import * as didKey from '@digitalbazaar/did-method-key'
import * as ecdsaJcs from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite'
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey'
import { cryptosuite as ecdsaRdfc } from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite'
import * as ecdsaSd from '@digitalbazaar/ecdsa-sd-2023-cryptosuite'
import * as vc from '@digitalbazaar/vc'
import * as owf from '@owf/mdoc'
import { SDJwtInstance } from '@sd-jwt/core'
import { digest, generateSalt } from '@sd-jwt/crypto-nodejs'
import { context } from './owf_context.mjs'

export const VCT = 'https://registry.example/badge'
export const DOC_TYPE = 'org.example.badge.1'
const V2 = 'https://www.w3.org/ns/credentials/v2'
const TYP = 16 // RFC 9596
const CWT_CLAIMS = 15 // RFC 9597
const person = { given_name: 'Ava', family_name: 'Jones' }

const driver = didKey.driver()
driver.use({ multibaseMultikeyHeader: 'zDna', fromMultibase: EcdsaMultikey.from })
async function documentLoader(url) {
  if (url.startsWith('did:key:')) return { contextUrl: null, documentUrl: url, document: await driver.get({ url }) }
  return vc.defaultDocumentLoader(url)
}

/** did:key of a P-256 JWK. */
export async function didOf({ kty, crv, x, y }) {
  const { publicKeyMultibase } = await (await EcdsaMultikey.fromJwk({ jwk: { kty, crv, x, y }, secretKey: false })).export({ publicKey: true })
  return `did:key:${publicKeyMultibase}`
}

/** Annex B.1 of ISO 18013-5 with openssl: { root (DER), signer (DER), jwk }. */
function iaca() {
  const folder = mkdtempSync(join(tmpdir(), 'sealgate-iaca-'))
  const at = (name) => join(folder, name)
  writeFileSync(at('cnf'), '[req]\ndistinguished_name=dn\nprompt=no\n[dn]\n')
  const run = (...args) => execFileSync('openssl', ['req', '-config', at('cnf'), '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-sha256',
    '-addext', 'subjectKeyIdentifier=hash', '-addext', 'issuerAltName=URI:https://iaca.example', '-addext', 'crlDistributionPoints=URI:https://iaca.example/crl', ...args],
  { stdio: ['ignore', 'ignore', 'pipe'] })
  run('-keyout', at('root.key'), '-out', at('root.pem'), '-days', '3650', '-subj', '/C=UT/CN=Interop IACA', '-addext', 'basicConstraints=critical,CA:TRUE,pathlen:0',
    '-addext', 'keyUsage=critical,keyCertSign,cRLSign')
  run('-keyout', at('ds.key'), '-out', at('ds.pem'), '-days', '400', '-subj', '/C=UT/CN=Interop signer', '-CA', at('root.pem'), '-CAkey', at('root.key'),
    '-addext', 'authorityKeyIdentifier=keyid', '-addext', 'keyUsage=critical,digitalSignature', '-addext', 'extendedKeyUsage=critical,1.0.18013.5.1.2')
  const der = (name) => new Uint8Array(new X509Certificate(readFileSync(at(name))).raw)
  // subjectKeyIdentifier=hash: SHA-1 of the point (RFC 5280 4.2.1.2)
  const { x, y } = new X509Certificate(readFileSync(at('root.pem'))).publicKey.export({ format: 'jwk' })
  const aki = createHash('sha1').update(Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])).digest('base64url')
  const made = { aki, root: der('root.pem'), signer: der('ds.pem'), jwk: createPrivateKey(readFileSync(at('ds.key'))).export({ format: 'jwk' }) }
  rmSync(folder, { recursive: true, force: true })
  return made
}

/** { issue(format, holderJwk), forVerifier }: the second is what startVerifier takes. */
export async function manyFormats() {
  const { publicKey, privateKey } = await jose.generateKeyPair('ES256', { extractable: true })
  const secretJwk = await jose.exportJWK(privateKey)
  const did = await didOf(secretJwk)
  const kid = `${did}#${did.slice('did:key:'.length)}`
  const root = iaca()
  const multikey = await EcdsaMultikey.fromJwk({ jwk: { ...secretJwk, alg: 'ES256' }, secretKey: true })
  Object.assign(multikey, { id: kid, controller: did })
  const signer = async (data) => {
    const [header, payload] = data.split('.').map((part) => Buffer.from(part, 'base64url'))
    return (await new jose.CompactSign(payload).setProtectedHeader(JSON.parse(header)).sign(privateKey)).split('.')[2]
  }
  const sdJwt = new SDJwtInstance({ hasher: digest, saltGenerator: generateSalt, hashAlg: 'sha-256', signAlg: 'ES256', signer })
  const times = () => ({ iat: Math.floor(Date.now() / 1000) - 60, exp: Math.floor(Date.now() / 1000) + 86400 })
  const document = (subject) => ({
    '@context': [V2], type: ['VerifiableCredential'], issuer: did, validFrom: '2024-01-01T00:00:00Z', validUntil: '2099-01-01T00:00:00Z',
    credentialSubject: { id: subject, name: 'Ava Jones', description: 'a member' },
  })
  const integrity = (cryptosuite) => async (jwk) => vc.issue({ credential: document(await didOf(jwk)), documentLoader,
    suite: new DataIntegrityProof({ signer: multikey.signer(), cryptosuite }) })

  const makers = {
    'dc+sd-jwt': (jwk) => sdJwt.issue({ iss: 'https://issuer.example', vct: VCT, ...person, nationalities: ['UT', 'JP'], ...times(), cnf: { jwk } },
      { _sd: ['given_name', 'family_name', 'nationalities'], nationalities: { _sd: [0, 1] } }, { header: { typ: 'dc+sd-jwt' } }),
    mso_mdoc: async (jwk) => {
      const issuer = new owf.Issuer(DOC_TYPE, context)
      issuer.addIssuerNamespace(DOC_TYPE, person)
      const made = await issuer.sign({ signingKey: owf.CoseKey.fromJwk(root.jwk), algorithm: owf.SignatureAlgorithm.ES256, digestAlgorithm: 'SHA-256',
        validityInfo: { signed: new Date(), validFrom: new Date(), validUntil: new Date(Date.now() + 30 * 86400e3) },
        deviceKeyInfo: { deviceKey: owf.DeviceKey.fromJwk(jwk) }, certificates: [root.signer] })
      return made.encodedForOid4Vci
    },
    'ldp_vc ecdsa-rdfc-2019': integrity(ecdsaRdfc),
    'ldp_vc ecdsa-jcs-2019': integrity(ecdsaJcs.createSignCryptosuite()),
    'ldp_vc ecdsa-sd-2023': integrity(ecdsaSd.createSignCryptosuite({ mandatoryPointers: ['/issuer', '/validUntil'] })),
    'vc+jwt': async (jwk) => new jose.SignJWT(document(await didOf(jwk))).setProtectedHeader({ alg: 'ES256', typ: 'vc+jwt', kid }).sign(privateKey),
    'vc+sd-jwt': async (jwk) => sdJwt.issue(document(await didOf(jwk)), { credentialSubject: { _sd: ['name', 'description'] } }, { header: { typ: 'vc+sd-jwt', kid } }),
    'vc+cose': async (jwk) => Buffer.from((await Sign1.sign([[Headers.Algorithm, Algorithms.ES256], [TYP, 'application/vc+cose'], [Headers.KeyID, Buffer.from(kid)]], [],
      Buffer.from(JSON.stringify(document(await didOf(jwk)))), privateKey)).encode()).toString('base64url'),
  }

  // ---- judging

  const suites = [ecdsaRdfc, ecdsaJcs.createVerifyCryptosuite(), ecdsaSd.createVerifyCryptosuite()].map((cryptosuite) => new DataIntegrityProof({ cryptosuite }))
  const holderKey = async (id) => {
    assert.match(id, /^did:key:/)
    const method = (await driver.get({ url: id.split('#')[0] })).verificationMethod[0]
    return jose.importJWK(await EcdsaMultikey.toJwk({ keyPair: await EcdsaMultikey.from(method) }), 'ES256')
  }
  const enveloped = (vp, type) => {
    assert.deepEqual(vp.type, ['VerifiablePresentation'])
    assert.equal(vp.verifiableCredential.length, 1)
    const [entry] = vp.verifiableCredential
    assert.equal(entry.type, 'EnvelopedVerifiableCredential')
    assert.ok(entry.id.startsWith(`data:application/${type}`))
    return entry.id.slice(entry.id.indexOf(',') + 1)
  }
  /** Who presents is whom the credential is about. */
  const own = (holder, credential, by) => {
    assert.equal(by.split('#')[0], holder)
    assert.equal(credential.credentialSubject.id, holder)
    return { claims: credential.credentialSubject }
  }
  const joseVerifier = (key) => async (data, signature) => jose.compactVerify(`${data}.${signature}`, key).then(() => true, () => false)
  const verify = {
    ldp_vc: async (presentation, { clientId, nonce }) => {
      const result = await vc.verify({ presentation, challenge: nonce, domain: clientId, suite: suites, documentLoader })
      assert.ok(result.verified, JSON.stringify(result.error ?? result))
      const [credential] = presentation.verifiableCredential
      const { claims } = own(presentation.holder, credential, presentation.proof.verificationMethod)
      return { claims, dcql: { credential_format: 'ldp_vc', type: credential.type.map((t) => `https://www.w3.org/2018/credentials#${t}`), claims: credential,
        cryptographic_holder_binding: true } }
    },
    'vc+jwt': async (text, { clientId, nonce }) => {
      const { kid: by } = jose.decodeProtectedHeader(text)
      const { payload } = await jose.jwtVerify(text, await holderKey(by), { typ: 'vp+jwt', audience: clientId, algorithms: ['ES256'] })
      assert.equal(payload.nonce, nonce)
      assert.equal(payload.aud, clientId)
      const inner = await jose.jwtVerify(enveloped(payload, 'vc+jwt'), publicKey, { typ: 'vc+jwt' })
      return own(payload.holder, inner.payload, by)
    },
    'vc+sd-jwt': async (text, { clientId, nonce }) => {
      const { kid: by, typ } = jose.decodeProtectedHeader(text.split('~')[0])
      const kit = (key) => new SDJwtInstance({ hasher: digest, hashAlg: 'sha-256', saltGenerator: generateSalt, verifier: joseVerifier(key) })
      const { payload } = await kit(await holderKey(by)).verify(text)
      assert.deepEqual([typ, payload.aud, payload.nonce], ['vp+sd-jwt', clientId, nonce])
      const inner = await kit(publicKey).verify(enveloped(payload, 'vc+sd-jwt'))
      return own(payload.holder, inner.payload, by)
    },
    'vc+cose': async (text, { clientId, nonce }) => {
      const untagged = (b) => (b[0] === 0xd2 ? b.subarray(1) : b)
      const sign1 = Sign1.decode(untagged(Buffer.from(text, 'base64url')))
      const by = Buffer.from(sign1.protectedHeaders.get(Headers.KeyID)).toString()
      await sign1.verify(await holderKey(by))
      const claims = sign1.protectedHeaders.get(CWT_CLAIMS)
      assert.deepEqual([sign1.protectedHeaders.get(TYP), claims.get(3), Buffer.from(claims.get(10)).toString()], ['application/vp+cose', clientId, nonce])
      const vp = JSON.parse(Buffer.from(sign1.payload))
      const inner = Sign1.decode(untagged(Buffer.from(enveloped(vp, 'vc+cose'), 'base64')))
      await inner.verify(publicKey)
      return own(vp.holder, JSON.parse(Buffer.from(inner.payload)), by)
    },
  }

  return {
    formats: Object.keys(makers),
    issue: (format, { kty, crv, x, y }) => makers[format]({ kty, crv, x, y }),
    aki: root.aki,
    forVerifier: { aki: root.aki, keyOf: async () => publicKey, certificates: [root.root], verify },
  }
}

/** A query for one credential of each of these formats; ids are c0, c1 ... */
export const queryFor = (formats) => ({
  credentials: formats.map((name, i) => {
    const [format] = name.split(' ')
    const id = `c${i}`
    if (format === 'dc+sd-jwt') return { id, format, meta: { vct_values: [VCT] }, claims: [{ path: ['given_name'] }] }
    if (format === 'mso_mdoc') return { id, format, meta: { doctype_value: DOC_TYPE }, claims: [{ path: [DOC_TYPE, 'given_name'] }] }
    return { id, format, meta: { type_values: [['https://www.w3.org/2018/credentials#VerifiableCredential']] }, claims: [{ path: ['credentialSubject', 'name'] }] }
  }),
})
