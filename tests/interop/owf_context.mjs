// The cryptography and certificates that @owf/mdoc asks for, by node.
import { createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman, hkdfSync, randomBytes, sign, verify, X509Certificate } from 'node:crypto'
import * as owf from '@owf/mdoc'

const hashOf = { [owf.SignatureAlgorithm.ES256]: 'sha256' }
const privateKeyOf = (key) => createPrivateKey({ key: { ...key.jwk, key_ops: undefined, alg: undefined }, format: 'jwk' })
const publicKeyOf = (key) => createPublicKey({ key: { ...key.jwk, d: undefined, key_ops: undefined, alg: undefined }, format: 'jwk' })
const raw = 'ieee-p1363'
export const context = {
  crypto: {
    random: (n) => new Uint8Array(randomBytes(n)),
    digest: ({ digestAlgorithm, bytes }) => new Uint8Array(createHash(digestAlgorithm.replace('-', '')).update(bytes).digest()),
    // encoded COSE_Keys, when it presents
    calculateEphemeralMacKey: ({ privateKey, publicKey, sessionTranscriptBytes, info }) => {
      const [mine, theirs] = [privateKey, publicKey].map((bytes) => owf.CoseKey.decode(bytes))
      const z = diffieHellman({ privateKey: privateKeyOf(mine), publicKey: publicKeyOf(theirs) })
      const salt = createHash('sha256').update(sessionTranscriptBytes).digest()
      return owf.CoseKey.create({ keyType: owf.KeyType.Oct, k: new Uint8Array(hkdfSync('sha256', z, salt, info, 32)) })
    },
  },
  cose: {
    sign1: {
      sign: ({ toBeSigned, key }) => new Uint8Array(sign(hashOf[owf.SignatureAlgorithm.ES256], toBeSigned, { key: privateKeyOf(key), dsaEncoding: raw })),
      verify: ({ key, sign1 }) => verify(hashOf[owf.SignatureAlgorithm.ES256], sign1.toBeSigned, { key: publicKeyOf(key), dsaEncoding: raw }, sign1.signature),
    },
    mac0: {
      sign: ({ key, toBeAuthenticated }) => new Uint8Array(createHmac('sha256', key.k).update(toBeAuthenticated).digest()),
      verify: ({ mac0, key }) => createHmac('sha256', key.k).update(mac0.toBeAuthenticated).digest().equals(Buffer.from(mac0.tag)),
    },
  },
  x509: {
    getIssuerNameField: ({ certificate, field }) => new X509Certificate(certificate).issuer.split('\n').filter((l) => l.startsWith(`${field}=`)).map((l) => l.slice(field.length + 1)),
    getPublicKey: ({ certificate }) => owf.CoseKey.fromJwk(new X509Certificate(certificate).publicKey.export({ format: 'jwk' })),
    verifyCertificateChain: ({ trustedCertificates, x5chain }) => {
      const leaf = new X509Certificate(x5chain[0])
      if (!trustedCertificates.some((c) => leaf.verify(new X509Certificate(c).publicKey))) throw new Error('no trusted issuer')
    },
    getCertificateData: ({ certificate }) => {
      const c = new X509Certificate(certificate)
      return {
        issuerName: c.issuer, subjectName: c.subject, serialNumber: c.serialNumber, thumbprint: c.fingerprint256,
        notBefore: new Date(c.validFrom), notAfter: new Date(c.validTo), pem: c.toString(),
      }
    },
  },
}
