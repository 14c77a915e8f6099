// The software authenticator against node's own verification and the layout of WebAuthn 6.1, so that what it says to the gateway is what a device would say.
import assert from 'node:assert/strict'
import { X509Certificate, createHash, createPublicKey, verify } from 'node:crypto'
import test from 'node:test'
import { Authenticator, Maker, b64u, cbor, unb64u } from './authenticator.mjs'

const origin = 'https://example.org'
const creation = (over = {}) => ({ rp: { id: 'example.org', name: 'x' }, user: { id: b64u('h'.repeat(32)), name: 'n', displayName: 'd' }, challenge: b64u('c'.repeat(32)),
  pubKeyCredParams: [-8, -7, -35].map((alg) => ({ type: 'public-key', alg })), attestation: 'direct', ...over })
const sha256 = (x) => createHash('sha256').update(x).digest()

test('CBOR as RFC 8949 appendix A has it', () => {
  for (const [value, hex] of [[0, '00'], [23, '17'], [24, '1818'], [1000, '1903e8'], [-1, '20'], [-1000, '3903e7'], ['IETF', '6449455446'],
    [Buffer.from([1, 2, 3, 4]), '4401020304'], [[1, [2, 3]], '8201820203'], [new Map([[1, 2], [3, 4]]), 'a201020304']]) assert.equal(cbor(value).toString('hex'), hex)
})

for (const alg of [-7, -8, -35]) {
  test(`an assertion verifies under the key of the registration, ${alg}`, () => {
    const device = new Authenticator({ origin, algorithms: [alg] })
    const made = device.create(creation())
    assert.equal(made.response.publicKeyAlgorithm, alg)
    const given = device.get({ challenge: b64u('d'.repeat(32)), rpId: 'example.org', allowCredentials: [{ type: 'public-key', id: made.id }] })
    const authData = unb64u(given.response.authenticatorData)
    assert.equal(authData.length, 37)
    assert.deepEqual(authData.subarray(0, 32), sha256('example.org'))
    assert.equal(authData[32], 5)
    assert.equal(authData.readUInt32BE(33), 2)
    const clientData = unb64u(given.response.clientDataJSON)
    assert.equal(clientData.toString(), `{"type":"webauthn.get","challenge":"${b64u('d'.repeat(32))}","origin":"https://example.org","crossOrigin":false}`)
    const key = createPublicKey({ key: unb64u(made.response.publicKey), type: 'spki', format: 'der' })
    const message = Buffer.concat([authData, sha256(clientData)])
    assert.ok(verify({ [-7]: 'sha256', [-35]: 'sha384', [-8]: null }[alg], message, key, unb64u(given.response.signature)))
    assert.equal(given.response.userHandle, b64u('h'.repeat(32)))
  })
}

test('a packed attestation: leaf under the root, aaguid in certificate and data', () => {
  const maker = new Maker()
  const device = new Authenticator({ origin, attestation: 'packed', maker })
  const made = device.create(creation())
  const object = unb64u(made.response.attestationObject)
  const leaf = new X509Certificate(maker.leaf)
  const root = new X509Certificate(maker.pem)
  assert.ok(object.includes(maker.leaf))
  assert.ok(leaf.verify(root.publicKey) && leaf.checkIssued(root) && root.ca && !leaf.ca)
  assert.match(leaf.subject, /OU=Authenticator Attestation/)
  assert.deepEqual(unb64u(made.response.authenticatorData).subarray(37, 53), maker.aaguid)
  assert.ok(maker.leaf.includes(Buffer.concat([Buffer.from([4, 16]), maker.aaguid])))
})

test('what it refuses, as browsers do', () => {
  const device = new Authenticator({ origin, algorithms: [-7] })
  const made = device.create(creation())
  assert.throws(() => device.create(creation({ excludeCredentials: [{ type: 'public-key', id: made.id }] })), /InvalidStateError/)
  assert.throws(() => device.create(creation({ pubKeyCredParams: [{ type: 'public-key', alg: -257 }] })), /NotSupportedError/)
  assert.throws(() => device.get({ challenge: 'AAAA', rpId: 'example.com' }), /NotAllowedError/)
})

test('what it does wrongly when asked to', () => {
  const device = new Authenticator({ origin })
  device.create(creation({ attestation: 'none' }))
  const ask = { challenge: 'AAAA', rpId: 'example.org' }
  assert.equal(unb64u(device.get(ask, { uv: false }).response.authenticatorData)[32], 1)
  assert.equal(unb64u(device.get(ask, { up: false }).response.authenticatorData)[32], 4)
  assert.equal(unb64u(device.get(ask, { count: 7 }).response.authenticatorData).readUInt32BE(33), 7)
  assert.match(unb64u(device.get(ask, { origin: 'https://evil.example' }).response.clientDataJSON).toString(), /"origin":"https:\/\/evil\.example"/)
})
