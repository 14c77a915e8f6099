// What a holder shows, in every format and with every kind of key, judged by libraries from npm (PRO-3, FMT-1..FMT-4); and key proofs (PRO-1). Our end is the
// program of tests/interop/show, which signs in software and needs no gateway. What a library does not check (interop-quirks) is checked here.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { Headers, Sign1 } from '@auth0/cose'
import { Verifier as Auth0Verifier } from '@auth0/mdl'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import * as didKey from '@digitalbazaar/did-method-key'
import * as ecdsaJcs from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite'
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey'
import { cryptosuite as ecdsaRdfc } from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite'
import * as ecdsaSd from '@digitalbazaar/ecdsa-sd-2023-cryptosuite'
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey'
import * as eddsaJcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite'
import { cryptosuite as eddsaRdfc } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite'
import * as vc from '@digitalbazaar/vc'
import * as owf from '@owf/mdoc'
import { SDJwtInstance } from '@sd-jwt/core'
import { digest, generateSalt } from '@sd-jwt/crypto-nodejs'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import { decode, encode } from 'cbor2'
import * as jose from 'jose'
import { context as owfContext } from './owf_context.mjs'

const PROGRAM = join(dirname(process.env.SEALGATE_BIN ?? 'build/asan/sealgate'), 'tests', 'show_make')
const skip = existsSync(PROGRAM) ? false : 'show_make was not built'
const ALGS = { 'P-256': 'ES256', 'P-384': 'ES384', Ed25519: 'EdDSA' }
const suites = [ecdsaRdfc, eddsaRdfc, ecdsaJcs.createVerifyCryptosuite(), eddsaJcs.createVerifyCryptosuite(), ecdsaSd.createVerifyCryptosuite()]
  .map((cryptosuite) => new DataIntegrityProof({ cryptosuite }))

const driver = didKey.driver()
driver.use({ multibaseMultikeyHeader: 'zDna', fromMultibase: EcdsaMultikey.from })
driver.use({ multibaseMultikeyHeader: 'z82L', fromMultibase: EcdsaMultikey.from })
driver.use({ multibaseMultikeyHeader: 'z6Mk', fromMultibase: Ed25519Multikey.from })

/** One letter changed, far from ends that base64 may ignore. */
const changed = (text, at) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
/** RFC 7515: the verifier's key, and the header's algorithm is the key's. */
const joseVerifier = (jwk, alg) => async (data, signature) => {
  const key = await jose.importJWK(jwk, alg)
  return jose.compactVerify(`${data}.${signature}`, key, { algorithms: [alg] }).then(() => true, () => false)
}

for (const [curve, alg] of Object.entries(ALGS)) {
  describe(`shown by a holder with a key of ${curve}`, { skip }, () => {
    const made = skip ? {} : JSON.parse(execFileSync(PROGRAM, [curve], { maxBuffer: 1 << 24 }).toString())
    const { presentations: shown, holder, client_id: audience, nonce } = made
    const issuerKey = () => jose.importJWK(made.issuer_jwk, 'ES256')
    const holderKey = () => jose.importJWK(made.holder_jwk, alg)
    async function documentLoader(url) {
      const loaded = (document) => ({ contextUrl: null, documentUrl: url, document })
      if (url.startsWith('did:key:')) return loaded(await driver.get({ url }))
      return url === made.context_url ? loaded(made.context) : vc.defaultDocumentLoader(url)
    }

    // ---- dc+sd-jwt

    test('@sd-jwt/sd-jwt-vc takes the SD-JWT VC with its key binding, and reads what was asked', async () => {
      const verifier = new SDJwtVcInstance({ hasher: digest, hashAlg: 'sha-256', saltGenerator: generateSalt,
        verifier: joseVerifier(made.issuer_jwk, 'ES256'), kbVerifier: joseVerifier(made.holder_jwk, alg) })
      const text = shown['dc+sd-jwt']
      const { payload, kb } = await verifier.verify(text, { keyBindingNonce: nonce })
      assert.equal(kb.header.typ, 'kb+jwt')
      assert.equal(kb.payload.aud, audience)
      assert.equal(kb.payload.sd_hash, createHash('sha256').update(text.slice(0, text.lastIndexOf('~') + 1)).digest('base64url'))
      assert.deepEqual(payload.address, { locality: 'Locality-7Q', country: 'Country-7Q' })
      assert.deepEqual(payload.nationalities, ['Nat-2-7Q'])
      assert.deepEqual(payload.degrees, [])
      assert.deepEqual(Object.keys(payload).sort(), ['address', 'cnf', 'degrees', 'exp', 'iat', 'iss', 'member', 'nationalities', 'vct'])
      await assert.rejects(verifier.verify(text, { keyBindingNonce: 'another' }))
      await assert.rejects(verifier.verify(changed(text, text.length - 20), { keyBindingNonce: nonce }))
    })

    // ---- mso_mdoc

    const transcript = () => owf.SessionTranscript.forOid4Vp({ clientId: audience, nonce, responseUri: made.response_uri }, owfContext)
    const root = () => new X509Certificate(Buffer.from(made.root, 'base64url'))
    /** Tag 24 around bytes of 24 to 255. */
    const tag24 = (bytes) => Buffer.concat([Buffer.from([0xd8, 0x18, 0x58, bytes.length]), bytes])
    const auth0 = async (bytes) => new Auth0Verifier([root().toString()])
      .verify(bytes, { encodedSessionTranscript: tag24(Buffer.from((await transcript()).encode())) })

    test('@auth0/mdl takes the DeviceResponse, and it has the elements that were asked', async () => {
      const bytes = Buffer.from(shown.mso_mdoc, 'base64url')
      const { documents } = await auth0(bytes)
      const elements = documents[0].getIssuerNameSpace('example.person.1')
      assert.deepEqual(Object.keys(elements).sort(), ['birthdate', 'family_name'])
      assert.equal(elements.family_name, 'Family-7Q')
      for (const at of [bytes.indexOf('Family-7Q'), bytes.lastIndexOf('deviceSignature') + 40]) {
        const copy = Buffer.from(bytes)
        copy[at] ^= 1
        await assert.rejects(auth0(copy))
      }
    })

    const owfVerify = (bytes) => transcript().then((sessionTranscript) => owf.Verifier.verifyDeviceResponse({
      deviceResponse: new Uint8Array(bytes), sessionTranscript, trustedCertificates: [new Uint8Array(root().raw)] }, owfContext))
    const es256 = { skip: alg === 'ES256' ? false : 'owf_context.mjs has ES256 alone' }

    test('@owf/mdoc takes the DeviceResponse', es256, async () => {
      const bytes = Buffer.from(shown.mso_mdoc, 'base64url')
      await owfVerify(bytes)
      bytes[bytes.indexOf('Family-7Q')] ^= 1
      await assert.rejects(owfVerify(bytes))
    })

    // ISO 18013-5 8.3.2.1.2.2: nameSpaces is optional, and never empty. Neither @auth0/mdl 3.0.1 nor @owf/mdoc 0.6.0 reads a document without it: the device's
    // signature is verified here over bytes that @owf/mdoc (the transcript) and cbor2 made.
    test('a DeviceResponse without elements has no nameSpaces, and its device signature holds', async () => {
      const [document] = decode(Buffer.from(shown['mso_mdoc none'], 'base64url')).documents
      assert.deepEqual(Object.keys(document.issuerSigned), ['issuerAuth'])
      const [protectedBytes, unprotected, payload, signature] = document.deviceSigned.deviceAuth.deviceSignature
      assert.deepEqual([unprotected instanceof Map ? unprotected.size : Object.keys(unprotected).length, payload], [0, null])
      const authentication = Buffer.concat([Buffer.of(0x84), encode('DeviceAuthentication'), (await transcript()).encode(), encode(document.docType),
        Buffer.from('d81841a0', 'hex')])
      const signed = encode(['Signature1', new Uint8Array(protectedBytes), new Uint8Array(0), new Uint8Array(Buffer.concat([Buffer.from('d818', 'hex'),
        encode(new Uint8Array(authentication))]))])
      const key = { key: createPublicKey({ key: made.holder_jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }
      const hash = { ES256: 'sha256', ES384: 'sha384', EdDSA: null }[alg]
      assert.ok(verify(hash, signed, key, signature))
      signed[signed.length - 1] ^= 1
      assert.ok(!verify(hash, signed, key, signature))
    })

    // ---- ldp_vc

    const take = (presentation, { challenge = nonce, domain = audience } = {}) => vc.verify({ presentation, challenge, domain, suite: suites, documentLoader })
    const subject = { id: holder, given_name: 'Given-7Q', family_name: 'Family-7Q', birthdate: '1981-07-07',
      address: { street_address: 'Street-7Q', locality: 'Locality-7Q', country: 'Country-7Q' }, nationalities: ['Nat-1-7Q', 'Nat-2-7Q'],
      degrees: [{ degree: 'Deg-A-7Q', university: 'Uni-A-7Q' }, { degree: 'Deg-B-7Q', university: 'Uni-B-7Q' }], member: 'Member-7Q' }
    for (const [name, credentialSubject] of [['ldp_vc rdfc', subject], ['ldp_vc jcs', subject],
      ['ldp_vc sd', { id: holder, address: { locality: 'Locality-7Q' }, member: 'Member-7Q' }]]) {
      test(`@digitalbazaar/vc takes the presentation of ${name}, for this verifier alone`, async () => {
        const presentation = shown[name]
        const result = await take(presentation)
        assert.ok(result.verified, JSON.stringify(result.error ?? result, null, 1))
        assert.equal(presentation.holder, holder)
        assert.equal(presentation.proof.verificationMethod.split('#')[0], holder) // interop-quirks: it does not ask whose key it was
        assert.deepEqual(presentation.verifiableCredential[0].credentialSubject, credentialSubject)
        assert.ok(!(await take(presentation, { challenge: 'another' })).verified)
        assert.ok(!(await take(presentation, { domain: 'x509_san_dns:other.example' })).verified)
        const { proofValue } = presentation.proof
        assert.ok(!(await take({ ...presentation, proof: { ...presentation.proof, proofValue: changed(proofValue, 20) } })).verified)
        const other = structuredClone(presentation)
        other.verifiableCredential[0].credentialSubject.member = 'Another'
        assert.ok(!(await take(other)).verified)
      })
    }

    // ---- vc+jwt, vc+sd-jwt, vc+cose

    const enveloped = (vp, type) => {
      assert.equal(vp.holder, holder)
      assert.deepEqual(vp.type, ['VerifiablePresentation'])
      const [entry] = vp.verifiableCredential
      assert.equal(entry.type, 'EnvelopedVerifiableCredential')
      assert.ok(entry.id.startsWith(`data:application/${type}`))
      return entry.id.slice(entry.id.indexOf(',') + 1)
    }

    test('jose takes the vp+jwt and the vc+jwt in it', async () => {
      const { payload, protectedHeader } = await jose.jwtVerify(shown['vc+jwt'], await holderKey(), { typ: 'vp+jwt', audience, issuer: holder })
      assert.equal(payload.nonce, nonce)
      assert.equal(protectedHeader.kid.split('#')[0], holder)
      const inner = await jose.jwtVerify(enveloped(payload, 'vc+jwt'), await issuerKey(), { typ: 'vc+jwt' })
      assert.equal(inner.payload.credentialSubject.id, holder)
      assert.deepEqual(inner.payload.cnf.jwk, made.holder_jwk)
      await assert.rejects(jose.jwtVerify(changed(shown['vc+jwt'], shown['vc+jwt'].length - 20), await holderKey()))
    })

    const sdVerifier = (jwk, with_) => new SDJwtInstance({ hasher: digest, hashAlg: 'sha-256', saltGenerator: generateSalt, verifier: joseVerifier(jwk, with_) })

    test('@sd-jwt/core takes the vp+sd-jwt, and the vc+sd-jwt in it discloses what was asked', async () => {
      const { payload, header } = await sdVerifier(made.holder_jwk, alg).verify(shown['vc+sd-jwt'])
      assert.equal(header.typ, 'vp+sd-jwt')
      assert.deepEqual([payload.aud, payload.nonce, payload.iss], [audience, nonce, holder])
      const inner = await sdVerifier(made.issuer_jwk, 'ES256').verify(enveloped(payload, 'vc+sd-jwt'))
      assert.deepEqual(inner.payload.credentialSubject, { id: holder, address: { locality: 'Locality-7Q', country: 'Country-7Q' },
        nationalities: [], degrees: [], member: 'Member-7Q' })
      await assert.rejects(sdVerifier(made.holder_jwk, alg).verify(changed(shown['vc+sd-jwt'], shown['vc+sd-jwt'].length - 20)))
    })

    test('@auth0/cose takes the vp+cose and the vc+cose in it', async () => {
      const bytes = Buffer.from(shown['vc+cose'], 'base64url')
      const untagged = (b) => (b[0] === 0xd2 ? b.subarray(1) : b)
      const sign1 = Sign1.decode(untagged(bytes))
      await sign1.verify(await holderKey())
      const claims = sign1.protectedHeaders.get(15)
      assert.equal(sign1.protectedHeaders.get(16), 'application/vp+cose')
      assert.equal(claims.get(3), audience)
      assert.equal(Buffer.from(claims.get(10)).toString(), nonce) // RFC 9711
      assert.equal(Buffer.from(sign1.protectedHeaders.get(Headers.KeyID)).toString().split('#')[0], holder)
      const inner = Sign1.decode(untagged(Buffer.from(enveloped(JSON.parse(Buffer.from(sign1.payload).toString()), 'vc+cose'), 'base64')))
      await inner.verify(await issuerKey())
      assert.equal(JSON.parse(Buffer.from(inner.payload).toString()).credentialSubject.id, holder)
      bytes[bytes.length - 10] ^= 1
      await assert.rejects(async () => Sign1.decode(untagged(bytes)).verify(await holderKey()))
    })

    // ---- key proofs

    for (const way of ['jwk', 'did:jwk', 'did:key']) {
      test(`jose takes the key proof by ${way}`, async () => {
        const proof = made.proofs[way]
        const { payload, protectedHeader: header } = await jose.jwtVerify(proof, await holderKey(),
          { typ: 'openid4vci-proof+jwt', audience: 'https://issuer.example', issuer: 'wallet', algorithms: [alg] })
        assert.equal(payload.nonce, 'c-nonce')
        assert.deepEqual(Object.keys(header).sort(), ['alg', way === 'jwk' ? 'jwk' : 'kid', 'typ'])
        if (way === 'jwk') assert.deepEqual(header.jwk, made.holder_jwk)
        if (way === 'did:key') assert.equal(header.kid, `${holder}#${holder.slice('did:key:'.length)}`)
        if (way === 'did:jwk') assert.deepEqual(JSON.parse(Buffer.from(header.kid.slice(8, -2), 'base64url')), made.holder_jwk)
        await assert.rejects(jose.jwtVerify(changed(proof, proof.length - 20), await holderKey()))
      })
    }
  })
}
