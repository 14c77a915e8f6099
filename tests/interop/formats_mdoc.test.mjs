// The demo's mdoc over OpenID4VCI with a wallet from npm: verified by @owf/mdoc and @auth0/mdl under the demo's IACA, bound to the wallet's key, presented by
// both and verified by `sealgate verify`; mdocs of theirs under an IACA made with openssl, too (FMT-2, PRO-1). A file of its own: those libraries and
// @auth0/cose share a CBOR library and its tags.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DeviceResponse, Document, MDoc, parse, Verifier } from '@auth0/mdl'
import * as owf from '@owf/mdoc'
import { DIR, holder, jose, receiveOne, sealgate } from './lib.mjs'
import { context } from './owf_context.mjs'

const DOC_TYPE = 'org.example.employee_badge.1'
const NS = 'org.example.employee_badge.1'
const folder = mkdtempSync(join(tmpdir(), 'sealgate-formats-mdoc-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
function saved(bytes) {
  const file = join(folder, `object${files++}`)
  writeFileSync(file, bytes)
  return file
}
const der = (pem) => new Uint8Array(new X509Certificate(readFileSync(pem)).raw)
const demo = join(DIR, 'trust', 'iaca.pem')

/** `sealgate verify` of what must hold, and of what must not. */
function verified(bytes, ...options) {
  const { status, stdout, stderr } = sealgate('verify', saved(bytes), '--json', ...options)
  assert.equal(status, 0, stdout + stderr)
  return JSON.parse(stdout)
}
function refused(bytes, words, ...options) {
  const { status, stdout, stderr } = sealgate('verify', saved(bytes), ...options)
  assert.equal(status, 1, stdout + stderr)
  assert.match(stdout + stderr, words)
}
function flipped(bytes, at) {
  assert.ok(at >= 0)
  const copy = Buffer.from(bytes)
  copy[at] ^= 1
  return copy
}

// ---- sessions: OpenID4VP's transcript, by @owf/mdoc

const session = (nonce) => owf.SessionTranscript.forOid4Vp({ clientId: 'x509_san_dns:verifier.example', nonce,
  responseUri: 'https://verifier.example/response' }, context)
const transcript = await session('nonce-0123456789')
const transcriptBytes = Buffer.from(transcript.encode())
const answered = ['--session-transcript', saved(transcriptBytes)]
const elsewhere = ['--session-transcript', saved(Buffer.from((await session('another-nonce-00')).encode()))]
/** Tag 24 around bytes of 24 to 255. */
const tag24 = (bytes) => Buffer.concat([Buffer.from([0xd8, 0x18, 0x58, bytes.length]), bytes])

// ---- @auth0/mdl reads whole DeviceResponses: one around the IssuerSigned as it came

const text = (t) => Buffer.concat([Buffer.from([0x60 | Math.min(t.length, 24), ...(t.length > 23 ? [t.length] : [])]), Buffer.from(t)])
const around = (issuerSigned) => Buffer.concat([Buffer.from([0xa3]), text('version'), text('1.0'), text('documents'), Buffer.from([0x81, 0xa2]),
  text('docType'), text(DOC_TYPE), text('issuerSigned'), issuerSigned, text('status'), Buffer.from([0])])
async function auth0Present(mdoc, jwk, names) {
  const definition = { id: 'x', input_descriptors: [{ id: DOC_TYPE, format: { mso_mdoc: { alg: ['ES256'] } },
    constraints: { limit_disclosure: 'required', fields: names.map((name) => ({ path: [`$['${NS}']['${name}']`], intent_to_retain: false })) } }] }
  const made = await DeviceResponse.from(mdoc).usingPresentationDefinition(definition).usingSessionTranscriptBytes(tag24(transcriptBytes))
    .authenticateWithSignature(jwk, 'ES256').sign()
  return Buffer.from(made.encode())
}
/** The same with a MAC under a key that a reader made for this session (ISO 18013-5 9.1.3.5). */
async function auth0Mac(mdoc, jwk, names, readerPublic) {
  const definition = { id: 'x', input_descriptors: [{ id: DOC_TYPE, format: { mso_mdoc: { alg: ['ES256'] } },
    constraints: { limit_disclosure: 'required', fields: names.map((name) => ({ path: [`$['${NS}']['${name}']`], intent_to_retain: false })) } }] }
  const made = await DeviceResponse.from(mdoc).usingPresentationDefinition(definition).usingSessionTranscriptBytes(tag24(transcriptBytes))
    .authenticateWithMAC(jwk, owf.CoseKey.fromJwk(readerPublic).encode(), 'HS256').sign()
  return Buffer.from(made.encode())
}
async function owfPresent(issuerSigned, jwk, names) {
  const deviceRequest = owf.DeviceRequest.create({ docRequests: [owf.DocRequest.create({ itemsRequest: owf.ItemsRequest.create({ docType: DOC_TYPE,
    namespaces: { [NS]: Object.fromEntries(names.map((name) => [name, false])) } }) })] })
  const response = await owf.Holder.createDeviceResponseForDeviceRequest({ deviceRequest, sessionTranscript: transcript, issuerSigned: [issuerSigned],
    signature: { signingKey: owf.CoseKey.fromJwk({ ...jwk, alg: 'ES256' }) } }, context)
  return Buffer.from(response.encode())
}
/** A response of somebody's wallet: holds for the session it answers and for no other, and no byte of value or signature may differ. */
function presented(response, shown, ...trust) {
  assert.equal(verified(response, ...answered, ...trust).format, 'mso_mdoc DeviceResponse')
  refused(response, /FAILED.*(device|PROOF|proof)/, ...elsewhere, ...trust)
  refused(flipped(response, response.indexOf(shown)), /FAILED/, ...answered, ...trust)
  refused(flipped(response, response.lastIndexOf('deviceSignature') + 60), /FAILED/, ...answered, ...trust)
  assert.equal(sealgate('verify', saved(response), ...trust).status, 2) // a presentation: to whom?
}

test('@owf/mdoc and @auth0/mdl verify what a wallet receives as mso_mdoc, and both present it to us', async () => {
  const key = await holder()
  const jwk = await jose.exportJWK(key.privateKey)
  const credential = await receiveOne('employee_badge_mdoc', key)
  const trustedCertificates = [der(demo)]
  await owf.Holder.verifyIssuerSigned({ issuerSigned: credential, trustedCertificates }, context)
  const bytes = Buffer.from(credential, 'base64url')
  const changed = flipped(bytes, bytes.indexOf('Yamada'))
  await assert.rejects(owf.Holder.verifyIssuerSigned({ issuerSigned: changed.toString('base64url'), trustedCertificates }, context))

  const issuerSigned = owf.IssuerSigned.fromEncodedForOid4Vci(credential)
  const mso = issuerSigned.issuerAuth.mobileSecurityObject
  const { x, y } = mso.deviceKeyInfo.deviceKey.jwk
  assert.deepEqual([mso.docType, x, y], [DOC_TYPE, key.publicJwk.x, key.publicJwk.y])

  const theirs = new Verifier([readFileSync(demo, 'utf8')])
  const response = await auth0Present(parse(around(bytes)), jwk, ['family_name', 'department'])
  const { documents: [shown] } = await theirs.verify(response, { encodedSessionTranscript: tag24(transcriptBytes) })
  assert.deepEqual(shown.getIssuerNameSpace(NS), { family_name: 'Yamada', department: 'Research' })
  await assert.rejects(theirs.verify(flipped(response, response.indexOf('Yamada')), { encodedSessionTranscript: tag24(transcriptBytes) }))
  presented(response, 'Yamada')

  presented(await owfPresent(issuerSigned, jwk, ['given_name', 'hired_on']), 'Hanako')

  const [reader, other] = await Promise.all([holder(), holder()])
  const secret = async (key) => ['--reader-key', saved(JSON.stringify(await jose.exportJWK(key.privateKey)))]
  const ours = await secret(reader)
  const { alg: _, ...readerPublic } = reader.publicJwk
  const mac = await auth0Mac(parse(around(bytes)), jwk, ['family_name'], readerPublic)
  assert.equal(verified(mac, ...answered, ...ours).format, 'mso_mdoc DeviceResponse')
  refused(mac, /FAILED.*deviceMac/, ...answered)
  refused(mac, /FAILED.*deviceMac/, ...elsewhere, ...ours)
  refused(mac, /FAILED.*deviceMac/, ...answered, ...await secret(other))
  refused(flipped(mac, mac.length - 12), /FAILED/, ...answered, ...ours)
  refused(mac, /KEY_INVALID/, ...answered, '--reader-key', saved(JSON.stringify(reader.publicJwk)))
  assert.equal(sealgate('verify', saved(mac), ...ours).status, 2) // of which session?

  const thief = await jose.exportJWK((await holder()).privateKey)
  refused(await auth0Present(parse(around(bytes)), thief, ['family_name']), /FAILED.*(device|PROOF|proof)/, ...answered)
})

// ---- an IACA of nobody's

const openssl = spawnSync('openssl', ['version']).status === 0
const skip = openssl ? false : 'openssl is not installed'
/** Annex B.1: a root and a document signer; the signer's private JWK. */
function makeIaca() {
  const at = (name) => join(folder, name)
  writeFileSync(at('iaca.cnf'), '[req]\ndistinguished_name=dn\nprompt=no\n[dn]\n')
  const common = ['req', '-config', at('iaca.cnf'), '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-sha256',
    '-addext', 'subjectKeyIdentifier=hash', '-addext', 'issuerAltName=URI:https://iaca.example', '-addext', 'crlDistributionPoints=URI:https://iaca.example/crl']
  const run = (args) => execFileSync('openssl', [...common, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  run(['-keyout', at('root.key'), '-out', at('root.pem'), '-days', '3650', '-subj', '/C=UT/CN=Another IACA',
    '-addext', 'basicConstraints=critical,CA:TRUE,pathlen:0', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'])
  run(['-keyout', at('ds.key'), '-out', at('ds.pem'), '-days', '400', '-subj', '/C=UT/CN=Another signer', '-CA', at('root.pem'), '-CAkey', at('root.key'),
    '-addext', 'authorityKeyIdentifier=keyid', '-addext', 'keyUsage=critical,digitalSignature', '-addext', 'extendedKeyUsage=critical,1.0.18013.5.1.2'])
  const jwk = createPrivateKey(readFileSync(at('ds.key'))).export({ format: 'jwk' })
  return { root: at('root.pem'), signer: at('ds.pem'), jwk }
}
const iaca = openssl && makeIaca()
const trust = ['--trust', iaca.root]
const claims = { given_name: 'Ava', family_name: 'Jones', department: 'Ships' }
const period = () => ({ signed: new Date(), validFrom: new Date(), validUntil: new Date(Date.now() + 30 * 86400e3) })

test('@auth0/mdl issues and presents under another IACA: we verify it, trusted or not at all', { skip }, async () => {
  const key = await holder()
  const issued = new MDoc([await new Document(DOC_TYPE).addIssuerNameSpace(NS, claims).useDigestAlgorithm('SHA-512').addValidityInfo(period())
    .addDeviceKeyInfo({ deviceKey: key.publicJwk })
    .sign({ issuerPrivateKey: { ...iaca.jwk, kid: 'ds' }, issuerCertificate: readFileSync(iaca.signer, 'utf8'), alg: 'ES256' })])
  const response = await auth0Present(issued, await jose.exportJWK(key.privateKey), ['family_name', 'department'])
  presented(response, 'Jones', ...trust)
  refused(response, /FAILED/, ...answered) // the demo's roots do not know it
})

test('@owf/mdoc issues and presents under another IACA: we verify it, trusted or not at all', { skip }, async () => {
  const key = await holder()
  const issuer = new owf.Issuer(DOC_TYPE, context)
  issuer.addIssuerNamespace(NS, claims)
  const issued = await issuer.sign({ signingKey: owf.CoseKey.fromJwk(iaca.jwk), algorithm: owf.SignatureAlgorithm.ES256, digestAlgorithm: 'SHA-384',
    validityInfo: period(), deviceKeyInfo: { deviceKey: owf.DeviceKey.fromJwk(key.publicJwk) }, certificates: [der(iaca.signer)] })
  const bytes = Buffer.from(issued.encode())
  assert.equal(verified(bytes, ...trust).format, 'mso_mdoc')
  assert.equal(verified(issued.encodedForOid4Vci, ...trust).format, 'mso_mdoc') // as an issuer sends it
  refused(bytes, /FAILED/)
  for (const at of [bytes.indexOf('Jones'), bytes.length - 1]) refused(flipped(bytes, at), /FAILED/, ...trust)
  presented(await owfPresent(issued, await jose.exportJWK(key.privateKey), ['given_name']), 'Ava', ...trust)
})
