// The demo's mdoc over OpenID4VCI with a wallet from npm, verified by @owf/mdoc under the demo's IACA (FMT-2, PRO-1). A file of its own: that
// library and @auth0/cose share a CBOR library and its tags.
import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import * as owf from '@owf/mdoc'
import { DIR, holder, receiveOne } from './lib.mjs'

// it asks for its cryptography
const mdocContext = {
  crypto: { digest: ({ digestAlgorithm, bytes }) => new Uint8Array(createHash(digestAlgorithm.replace('-', '')).update(bytes).digest()) },
  cose: { sign1: { verify: ({ key, sign1 }) => verify('sha256', sign1.toBeSigned, { dsaEncoding: 'ieee-p1363',
    key: createPublicKey({ key: { ...key.jwk, d: undefined, key_ops: undefined, alg: undefined }, format: 'jwk' }) }, sign1.signature) } },
  x509: {
    getIssuerNameField: ({ certificate, field }) => new X509Certificate(certificate).issuer.split('\n').filter((l) => l.startsWith(`${field}=`)).map((l) => l.slice(field.length + 1)),
    getPublicKey: ({ certificate }) => owf.CoseKey.fromJwk(new X509Certificate(certificate).publicKey.export({ format: 'jwk' })),
    verifyCertificateChain: ({ trustedCertificates, x5chain }) => {
      const leaf = new X509Certificate(x5chain[0])
      if (!trustedCertificates.some((c) => leaf.verify(new X509Certificate(c).publicKey))) throw new Error('no trusted issuer')
    },
    getCertificateData: ({ certificate }) => {
      const c = new X509Certificate(certificate)
      return { issuerName: c.issuer, subjectName: c.subject, serialNumber: c.serialNumber, thumbprint: c.fingerprint256, notBefore: new Date(c.validFrom), notAfter: new Date(c.validTo), pem: c.toString() }
    },
  },
}
test('@owf/mdoc verifies what a wallet receives as mso_mdoc', async () => {
  const issuerSigned = await receiveOne('employee_badge_mdoc', await holder())
  const iaca = new Uint8Array(new X509Certificate(readFileSync(`${DIR}/trust/iaca.pem`)).raw)
  await owf.Holder.verifyIssuerSigned({ issuerSigned, trustedCertificates: [iaca] }, mdocContext)
  const bytes = Buffer.from(issuerSigned, 'base64url')
  bytes[bytes.indexOf('Yamada')] ^= 1
  await assert.rejects(owf.Holder.verifyIssuerSigned({ issuerSigned: bytes.toString('base64url'), trustedCertificates: [iaca] }, mdocContext))
})
