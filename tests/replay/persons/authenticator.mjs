/*
 * A passkey authenticator in software, for programs without a browser: WebAuthn Level 3 `create()` with attestation none, packed self or packed with
 * certificates, and `get()`. Takes the options as servers send them (parseCreationOptionsFromJSON, parseRequestOptionsFromJSON), gives what browsers'
 * PublicKeyCredential.toJSON() gives. Node's own library alone. What a real one never does is asked for by `over` (a wrong origin, no user
 * verification, a counter that stands still), so that refusals can be tested. req: AU-2, AU-3, AU-4
 *
 *   const device = new Authenticator({ origin: 'http://localhost:8080' })
 *   const registration = device.create(options.publicKey)
 *   const assertion = device.get(options.publicKey)
 */
import { createECDH, createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

export const b64u = (x) => Buffer.from(x).toString('base64url')
export const unb64u = (x) => Buffer.from(x, 'base64url')
const sha256 = (...parts) => parts.reduce((h, p) => h.update(p), createHash('sha256')).digest()

// ---- CBOR, the CTAP2 canonical form: integers, bytes, text, arrays, maps given in their order -----------------------------
const head = (major, n) => {
  if (n < 24) return Buffer.from([major << 5 | n])
  if (n < 256) return Buffer.from([major << 5 | 24, n])
  return n < 65536 ? Buffer.from([major << 5 | 25, n >> 8, n & 255]) : Buffer.from([major << 5 | 26, n >>> 24, n >>> 16 & 255, n >>> 8 & 255, n & 255])
}
export function cbor(value) {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') { const b = Buffer.from(value); return Buffer.concat([head(3, b.length), b]) }
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)])
  if (value instanceof Map) return Buffer.concat([head(5, value.size), ...[...value].flatMap(([k, v]) => [cbor(k), cbor(v)])])
  throw new TypeError(`no CBOR for ${typeof value}`)
}

// ---- DER and the certificates of an attestation (8.2.1) ----------------------------------------------------------------------
function der(tag, ...parts) {
  const body = Buffer.concat(parts)
  const n = body.length
  const length = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
const seq = (...parts) => der(0x30, ...parts)
function oid(text) {
  const [a, b, ...rest] = text.split('.').map(Number)
  const bytes = [a * 40 + b]
  for (const n of rest) {
    const group = [n & 127]
    for (let m = Math.floor(n / 128); m > 0; m = Math.floor(m / 128)) group.unshift(128 | m & 127)
    bytes.push(...group)
  }
  return der(6, Buffer.from(bytes))
}
const name = (parts) => seq(...Object.entries(parts).map(([type, text]) =>
  der(0x31, seq(oid({ C: '2.5.4.6', O: '2.5.4.10', OU: '2.5.4.11', CN: '2.5.4.3' }[type]), der(type === 'C' ? 0x13 : 0x0c, Buffer.from(text))))))
const utc = (ms) => der(0x18, Buffer.from(new Date(ms).toISOString().replace(/[-:T]/g, '').replace(/\.\d+Z/, 'Z')))
const extension = (id, critical, value) => seq(oid(id), ...(critical ? [der(1, Buffer.from([0xff]))] : []), der(4, value))

/* By ECDH and not by generateKeyPairSync: node 20 can wait for itself for ever when its garbage collector meets such a job while a key is exported. */
function newEcKey(curve = 'prime256v1') {
  const pair = createECDH(curve)
  const point = pair.generateKeys()
  const half = (point.length - 1) / 2
  const d = Buffer.concat([Buffer.alloc(half), pair.getPrivateKey()]).subarray(-half)
  const jwk = { kty: 'EC', crv: { prime256v1: 'P-256', secp384r1: 'P-384' }[curve], x: b64u(point.subarray(1, 1 + half)), y: b64u(point.subarray(1 + half)) }
  return createPrivateKey({ key: { ...jwk, d: b64u(d) }, format: 'jwk' })
}
const spki = (key) => createPublicKey(key).export({ type: 'spki', format: 'der' })

function certificate({ subject, issuer, key, signer, ca, aaguid }) {
  const algorithm = seq(oid('1.2.840.10045.4.3.2'))
  const keyId = (k) => createHash('sha1').update(spki(k)).digest()
  const extensions = [
    extension('2.5.29.19', true, seq(...(ca ? [der(1, Buffer.from([0xff]))] : []))),
    extension('2.5.29.14', false, der(4, keyId(key))),
    ...(ca ? [extension('2.5.29.15', true, der(3, Buffer.from([1, 0x06])))] : [extension('2.5.29.35', false, seq(der(0x80, keyId(signer))))]),
    ...(aaguid ? [extension('1.3.6.1.4.1.45724.1.1.4', false, der(4, aaguid))] : []),
  ]
  const tbs = seq(der(0xa0, der(2, Buffer.from([2]))), der(2, Buffer.concat([Buffer.from([0x40]), randomBytes(15)])), algorithm, name(issuer),
    seq(utc(Date.now() - 86400e3), utc(Date.now() + 3650 * 86400e3)), name(subject), spki(key), der(0xa3, seq(...extensions)))
  return seq(tbs, algorithm, der(3, Buffer.from([0]), sign('sha256', tbs, signer)))
}

/** Whoever makes authenticators: a root for the signer's list, and batch certificates under it. */
export class Maker {
  constructor({ aaguid = randomBytes(16) } = {}) {
    this.aaguid = Buffer.from(aaguid)
    this.rootKey = newEcKey()
    this.name = { C: 'JP', O: 'Example Authenticators', CN: 'Attestation Root' }
    this.root = certificate({ subject: this.name, issuer: this.name, key: this.rootKey, signer: this.rootKey, ca: true })
    this.batchKey = newEcKey()
    this.leaf = this.batch()
  }
  batch(over = {}) {
    return certificate({ subject: { C: 'JP', O: 'Example Authenticators', OU: 'Authenticator Attestation', CN: 'Batch 1' }, issuer: this.name,
      key: this.batchKey, signer: this.rootKey, ca: false, aaguid: this.aaguid, ...over })
  }
  get pem() {
    return `-----BEGIN CERTIFICATE-----\n${this.root.toString('base64').replace(/(.{64})/g, '$1\n').trimEnd()}\n-----END CERTIFICATE-----\n`
  }
}

// ---- keys of credentials --------------------------------------------------------------------------------------------------------
const ALGORITHMS = {
  [-7]: { make: () => newEcKey(), hash: 'sha256', curve: 1, half: 32 },
  [-35]: { make: () => newEcKey('secp384r1'), hash: 'sha384', curve: 2, half: 48 },
  [-8]: { make: () => generateKeyPairSync('ed25519').privateKey, hash: null },
}
function coseKey(alg, key) {
  const jwk = createPublicKey(key).export({ format: 'jwk' })
  return alg === -8 ? new Map([[1, 1], [3, -8], [-1, 6], [-2, unb64u(jwk.x)]])
    : new Map([[1, 2], [3, alg], [-1, ALGORITHMS[alg].curve], [-2, unb64u(jwk.x)], [-3, unb64u(jwk.y)]])
}

const UP = 1, UV = 4, BE = 8, BS = 16, AT = 64

export class Authenticator {
  /**
   * origin: of the page. algorithms: COSE numbers it can do, best first is the server's order. attestation: 'none' | 'self' | 'packed' (needs maker).
   * backup: a passkey that syncs (BE, BS). counter: counts up from 1; without, it stays 0 as synced passkeys' do.
   */
  constructor({ origin, algorithms = [-7, -8, -35], attestation = 'none', maker, backup = false, counter = true } = {}) {
    Object.assign(this, { origin, algorithms, attestation, maker, backup, counter, credentials: [] })
  }

  clientData(type, challenge, over) {
    const data = over.clientData ?? `{"type":"${over.type ?? type}","challenge":"${over.challenge ?? challenge}","origin":${JSON.stringify(over.origin ?? this.origin)},"crossOrigin":${over.crossOrigin ?? false}${over.more ?? ''}}`
    return Buffer.from(data)
  }

  authData(rpId, flags, count, over, attested = Buffer.alloc(0)) {
    const n = Buffer.alloc(4)
    n.writeUInt32BE(over.count ?? count)
    const set = over.flags ?? ((over.up === false ? flags & ~UP : flags) & (over.uv === false ? ~UV : 255))
    return Buffer.concat([sha256(over.rpId ?? rpId), Buffer.from([set]), n, attested])
  }

  /** navigator.credentials.create(): a new credential. Throws as browsers do when there is one of excludeCredentials, or no algorithm fits. */
  create(options, over = {}) {
    const excluded = new Set((options.excludeCredentials ?? []).map((c) => c.id))
    if (!over.ignoreExclude && this.credentials.some((c) => excluded.has(b64u(c.id)))) throw new Error('InvalidStateError')
    const alg = over.alg ?? options.pubKeyCredParams.map((p) => p.alg).find((a) => this.algorithms.includes(a))
    if (!ALGORITHMS[alg]) throw new Error('NotSupportedError')
    const rpId = options.rp.id ?? new URL(this.origin).hostname
    const credential = { id: over.id ?? randomBytes(32), alg, key: ALGORITHMS[alg].make(), rpId, userHandle: unb64u(options.user.id), count: this.counter ? 1 : 0 }
    if (!over.forget) this.credentials.push(credential)

    const clientData = this.clientData('webauthn.create', options.challenge, over)
    const cose = cbor(over.cose ?? coseKey(alg, credential.key))
    const form = over.attestation ?? (options.attestation === 'none' || options.attestation === undefined ? 'none' : this.attestation)
    const aaguid = over.aaguid ?? (form === 'packed' ? this.maker.aaguid : Buffer.alloc(16))
    const attested = Buffer.concat([aaguid, Buffer.from([credential.id.length >> 8, credential.id.length & 255]), credential.id, cose])
    const authData = this.authData(rpId, UP | UV | AT | (this.backup ? BE | BS : 0), credential.count, over, attested)
    const object = cbor(new Map([['fmt', form === 'none' ? 'none' : 'packed'], ['attStmt', this.statement(form, credential, authData, clientData)], ['authData', authData]]))
    return {
      id: b64u(credential.id), rawId: b64u(credential.id), type: 'public-key', authenticatorAttachment: 'platform', clientExtensionResults: {},
      response: { clientDataJSON: b64u(clientData), attestationObject: b64u(object), authenticatorData: b64u(authData), transports: ['internal'],
        publicKey: b64u(spki(credential.key)), publicKeyAlgorithm: alg },
    }
  }

  statement(form, credential, authData, clientData) {
    if (form === 'none') return new Map()
    const message = Buffer.concat([authData, sha256(clientData)])
    if (form === 'self') return new Map([['alg', credential.alg], ['sig', sign(ALGORITHMS[credential.alg].hash, message, credential.key)]])
    return new Map([['alg', -7], ['sig', sign('sha256', message, this.maker.batchKey)], ['x5c', [this.maker.leaf]]])
  }

  /** navigator.credentials.get(): an assertion of the first credential that is allowed (of the relying party, if none is named). */
  get(options, over = {}) {
    const allowed = (options.allowCredentials ?? []).map((c) => c.id)
    const rpId = options.rpId ?? new URL(this.origin).hostname
    const credential = over.credential ?? this.credentials.find((c) => c.rpId === rpId && (allowed.length === 0 || allowed.includes(b64u(c.id))))
    if (!credential) throw new Error('NotAllowedError')
    if (this.counter) credential.count++
    const clientData = this.clientData('webauthn.get', options.challenge, over)
    const authData = this.authData(rpId, UP | UV | (this.backup ? BE | BS : 0), credential.count, over)
    const signature = sign(ALGORITHMS[credential.alg].hash, Buffer.concat([authData, sha256(clientData)]), over.key ?? credential.key)
    return {
      id: b64u(credential.id), rawId: b64u(credential.id), type: 'public-key', authenticatorAttachment: 'platform', clientExtensionResults: {},
      response: { clientDataJSON: b64u(clientData), authenticatorData: b64u(authData), signature: b64u(signature),
        userHandle: b64u(over.userHandle ?? credential.userHandle) },
    }
  }
}
