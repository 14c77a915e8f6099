// A presentation with a proof by ecdsa-jcs-2019 (DI-ECDSA 3.3) in node's own library: what a wallet sends as di_vp (OpenID4VCI 1.0, F.2).
import { createHash, sign } from 'node:crypto'

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
function base58(bytes) {
  let n = BigInt(`0x${bytes.toString('hex')}`)
  let text = ''
  for (; n > 0n; n /= 58n) text = ALPHABET[Number(n % 58n)] + text
  return '1'.repeat(bytes.findIndex((b) => b !== 0)) + text
}
/** RFC 8785, for documents of texts, arrays and objects with ASCII names. */
const jcs = (v) => Array.isArray(v) ? `[${v.map(jcs)}]` : v && typeof v === 'object' ? `{${Object.keys(v).sort().map((k) => `${JSON.stringify(k)}:${jcs(v[k])}`)}}` : JSON.stringify(v)
const hash = (v) => createHash('sha256').update(jcs(v)).digest()

export const didJwk = (jwk) => `did:jwk:${Buffer.from(JSON.stringify(jwk)).toString('base64url')}`

/** `key`: { privateKey, jwk } of P-256. `document` and the other members replace what stands here; undefined leaves out. */
export function presentation(key, { document = {}, ...options } = {}) {
  const doc = { '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiablePresentation'], ...document }
  const proof = { type: 'DataIntegrityProof', cryptosuite: 'ecdsa-jcs-2019', verificationMethod: `${didJwk(key.jwk)}#0`, proofPurpose: 'authentication', ...options, '@context': doc['@context'] }
  for (const [k, v] of Object.entries(proof)) if (v === undefined) delete proof[k]
  const signature = sign('sha256', Buffer.concat([hash(proof), hash(doc)]), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return { ...doc, proof: { ...proof, proofValue: `z${base58(signature)}` } }
}
