// mdocs of formats/mdoc with two libraries from npm, both ways, software keys (FMT-2): what interop_mdoc issues and presents they verify, what
// they issue and present interop_mdoc verifies; OpenID4VP's transcript is the same bytes.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'node:test'
import { DeviceResponse as Auth0Response, Document as Auth0Document, MDoc, Verifier as Auth0Verifier } from '@auth0/mdl'
import * as owf from '@owf/mdoc'
import { context } from './owf_context.mjs'

const NS = 'org.iso.18013.5.1'
const DOC_TYPE = 'org.iso.18013.5.1.mDL'
const bin = join(dirname(process.env.SEALGATE_BIN ?? './sealgate'), 'tests', 'interop_mdoc')
const skip = existsSync(bin) ? false : 'interop_mdoc was not built'
const folder = mkdtempSync(join(tmpdir(), 'sealgate-mdoc-'))
if (!skip) execFileSync(bin, ['make', folder])
const file = (name) => readFileSync(join(folder, name))
const jwk = (name) => JSON.parse(file(name))
const half = ({ d, ...rest }) => rest
/** What interop_mdoc says of a DeviceResponse or IssuerSigned: its JSON, or the refusal's text. */
function ours(verb, bytes) {
  const path = join(folder, 'in.cbor')
  writeFileSync(path, bytes)
  try {
    return JSON.parse(execFileSync(bin, [verb, folder, path]).toString())
  } catch (e) {
    return e.stdout.toString()
  }
}
/** Tag 24 around bytes of 24 to 255. */
const tag24 = (bytes) => Buffer.concat([Buffer.from([0xd8, 0x18, 0x58, bytes.length]), bytes])
const flipped = (bytes, at) => Buffer.from(bytes.map((b, i) => (i === at ? b ^ 1 : b)))

// ---- @auth0/mdl

const auth0Verify = (bytes) => new Auth0Verifier([file('root.pem').toString()])
  .verify(bytes, { encodedSessionTranscript: tag24(file('transcript.cbor')) })

test('@auth0/mdl verifies our DeviceResponse', { skip }, async () => {
  const mdoc = await auth0Verify(file('response.cbor'))
  const elements = mdoc.documents[0].getIssuerNameSpace(NS)
  assert.equal(elements.family_name, 'Yamada')
  assert.equal(elements.birth_date.toISOString(), '1990-02-28')
  assert.equal(elements.issue_date.toISOString(), '2027-01-15T08:00:00.000Z')
  assert.deepEqual([...elements.portrait], [0xff, 0xd8, 0xff, 0xe0, 0, 0x10])
  assert.equal(elements.driving_privileges.length, 2)
  assert.equal(elements.driving_privileges[0].get('codes')[0].get('code'), 'B96')
})

test('@auth0/mdl refuses our DeviceResponse with one byte of the value changed', { skip }, async () => {
  const bytes = file('response.cbor')
  await assert.rejects(auth0Verify(flipped(bytes, bytes.indexOf('Yamada'))))
})

const auth0Issue = async () => new MDoc([await new Auth0Document(DOC_TYPE)
  .addIssuerNameSpace(NS, { family_name: 'Jones', given_name: 'Ava', birth_date: '2007-03-25', issuing_country: 'UT' })
  .useDigestAlgorithm('SHA-512')
  .addValidityInfo({ signed: new Date(), validUntil: new Date(Date.now() + 30 * 86400e3) })
  .addDeviceKeyInfo({ deviceKey: half(jwk('device.jwk')) })
  .sign({ issuerPrivateKey: jwk('issuer.jwk'), issuerCertificate: file('ds.pem').toString(), alg: 'ES256' })])
const definition = {
  id: 'x',
  input_descriptors: [{
    id: DOC_TYPE,
    format: { mso_mdoc: { alg: ['ES256'] } },
    constraints: {
      limit_disclosure: 'required',
      fields: ['family_name', 'birth_date', 'issuing_country'].map((name) => ({ path: [`$['${NS}']['${name}']`], intent_to_retain: false })),
    },
  }],
}
const auth0Present = async () => Auth0Response.from(await auth0Issue())
  .usingPresentationDefinition(definition).usingSessionTranscriptBytes(tag24(file('transcript.cbor')))
const shown = { docType: DOC_TYPE, family_name: 'Jones', birth_date: '2007-03-25', issuing_country: 'UT' }

test('we verify what @auth0/mdl issues and presents, by signature', { skip }, async () => {
  const mdoc = await (await auth0Present()).authenticateWithSignature(jwk('device.jwk'), 'ES256').sign()
  const bytes = mdoc.encode()
  assert.deepEqual(ours('verify', bytes), shown)
  assert.match(ours('verify', flipped(bytes, bytes.indexOf('Jones'))), /^DISCLOSURE: item: its digest/)
  assert.match(ours('verify', flipped(bytes, bytes.length - 20)), /^(PROOF|MALFORMED|MDOC|TYPE)/)
})

test('we verify what @auth0/mdl presents by MAC', { skip }, async () => {
  const reader = new Uint8Array(owf.CoseKey.fromJwk(half(jwk('reader.jwk'))).encode())
  const mdoc = await (await auth0Present()).authenticateWithMAC(jwk('device.jwk'), reader, 'HS256').sign()
  assert.deepEqual(ours('verify', mdoc.encode()), shown)
})

// ---- @owf/mdoc

const der = (name) => new Uint8Array(new X509Certificate(file(name)).raw)
const owfTranscript = () => owf.SessionTranscript.forOid4Vp({
  clientId: 'x509_san_dns:verifier.example', nonce: 'nonce-0123456789', responseUri: 'https://verifier.example/response',
}, context)
const owfVerify = async (bytes) => owf.Verifier.verifyDeviceResponse({
  deviceResponse: new Uint8Array(bytes), sessionTranscript: await owfTranscript(), trustedCertificates: [der('root.pem')],
}, context)

test('@owf/mdoc makes the same OpenID4VP transcript', { skip }, async () => {
  assert.equal(Buffer.from((await owfTranscript()).encode()).toString('hex'), file('transcript.cbor').toString('hex'))
})

test('@owf/mdoc verifies our IssuerSigned and our DeviceResponse', { skip }, async () => {
  await owf.Holder.verifyIssuerSigned({ issuerSigned: file('issuer_signed.cbor').toString('base64url'), trustedCertificates: [der('root.pem')] }, context)
  await owfVerify(file('response.cbor'))
  const bytes = file('response.cbor')
  await assert.rejects(owfVerify(flipped(bytes, bytes.indexOf('Yamada'))))
})

async function owfIssue() {
  const issuer = new owf.Issuer(DOC_TYPE, context)
  issuer.addIssuerNamespace(NS, { family_name: 'Jones', given_name: 'Ava', birth_date: new owf.DateOnly('2007-03-25'), issuing_country: 'UT' })
  const now = new Date()
  return issuer.sign({
    signingKey: owf.CoseKey.fromJwk(jwk('issuer.jwk')), algorithm: owf.SignatureAlgorithm.ES256, digestAlgorithm: 'SHA-384',
    validityInfo: { signed: now, validFrom: now, validUntil: new Date(now.getTime() + 30 * 86400e3) },
    deviceKeyInfo: { deviceKey: owf.DeviceKey.fromJwk(half(jwk('device.jwk'))) }, certificates: [der('ds.pem')],
  })
}
async function owfPresent(how) {
  const deviceRequest = owf.DeviceRequest.create({
    docRequests: [owf.DocRequest.create({ itemsRequest: owf.ItemsRequest.create({
      docType: DOC_TYPE, namespaces: { [NS]: { family_name: false, birth_date: false, issuing_country: false } } }) })],
  })
  return owf.Holder.createDeviceResponseForDeviceRequest({
    deviceRequest, sessionTranscript: await owfTranscript(), issuerSigned: [await owfIssue()], ...how,
  }, context)
}

test('we verify what @owf/mdoc issues', { skip }, async () => {
  const issued = await owfIssue()
  assert.deepEqual(ours('issued', issued.encode()), { docType: DOC_TYPE, family_name: 'Jones', given_name: 'Ava', birth_date: '2007-03-25', issuing_country: 'UT' })
})

test('we verify what @owf/mdoc presents by signature; its MAC is over three elements instead of four, and refused', { skip }, async () => {
  const signingKey = owf.CoseKey.fromJwk({ ...jwk('device.jwk'), alg: 'ES256' }) // without alg it writes `alg: undefined`
  const signed = Buffer.from((await owfPresent({ signature: { signingKey } })).encode())
  assert.deepEqual(ours('verify', signed), shown)
  assert.match(ours('verify', flipped(signed, signed.indexOf('Jones'))), /^DISCLOSURE/)
  const ephemeralKey = owf.CoseKey.fromJwk(half(jwk('reader.jwk')))
  const macKey = owf.CoseKey.fromJwk({ ...jwk('device.jwk'), alg: 'HS256' })
  // RFC 9052 6.3: ["MAC0", protected, external_aad, payload]; @owf/mdoc 0.6.0 leaves external_aad out when it is empty
  assert.match(ours('verify', (await owfPresent({ mac: { ephemeralKey, signingKey: macKey } })).encode()), /^PROOF: deviceMac/)
})
