// A verifier that none of us wrote: @openid4vc/openid4vp makes the requests and reads the responses, dcql says whether they answer the query, and each
// presentation is verified by a library of its format; what interop-quirks say those libraries overlook is checked by hand. OpenID4VP 1.0 (PRO-3).
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import { createServer } from 'node:http'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as jose from 'jose'
import { DcqlPresentationResult, DcqlQuery } from 'dcql'
import { calculateX509HashClientIdPrefixValue, Openid4vpVerifier } from '@openid4vc/openid4vp'
import { clientAuthenticationAnonymous, setGlobalConfig } from '@openid4vc/oauth2'
import { SDJwtInstance } from '@sd-jwt/core'
import { digest, generateSalt } from '@sd-jwt/crypto-nodejs'
import * as owf from '@owf/mdoc'
import { context } from './owf_context.mjs'

setGlobalConfig({ allowInsecureUrls: true }) // http on this machine

export const KINDS = ['x509_san_dns', 'x509_hash', 'decentralized_identifier', 'verifier_attestation', 'redirect_uri', 'plain']
export const PLAIN_ID = 'interop-verifier'
const ATTESTER = 'https://attester.example'
const HOST = 'localhost'
const b64url = (bytes) => Buffer.from(bytes).toString('base64url')
const sha256 = (data) => createHash('sha256').update(data).digest()

const ALGS = ['ES256', 'ES384', 'EdDSA']
const COSE = [-7, -9, -35, -8, -19]
export const FORMATS = {
  'dc+sd-jwt': { 'sd-jwt_alg_values': ALGS, 'kb-jwt_alg_values': ALGS },
  mso_mdoc: { issuerauth_alg_values: COSE, deviceauth_alg_values: COSE },
  ldp_vc: { proof_type_values: ['DataIntegrityProof'],
    cryptosuite_values: ['eddsa-rdfc-2022', 'eddsa-jcs-2022', 'ecdsa-rdfc-2019', 'ecdsa-jcs-2019', 'ecdsa-sd-2023'] },
  'vc+jwt': { alg_values: ALGS }, 'vc+sd-jwt': { alg_values: ALGS }, 'vc+cose': { alg_values: COSE },
}

/** A root and a leaf for HOST, made with openssl: PEM texts. */
function certificates() {
  const folder = mkdtempSync(join(tmpdir(), 'sealgate-verifier-'))
  const at = (name) => join(folder, name)
  const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...newKey, '-keyout', at('root.key'), '-out', at('root.pem'), '-subj', '/CN=Interop root', '-days', '2',
    '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign')
  openssl('req', '-x509', ...newKey, '-keyout', at('leaf.key'), '-out', at('leaf.pem'), '-subj', '/CN=Interop verifier', '-days', '2',
    '-CA', at('root.pem'), '-CAkey', at('root.key'), '-addext', `subjectAltName=DNS:${HOST}`, '-addext', 'basicConstraints=critical,CA:FALSE',
    '-addext', 'keyUsage=critical,digitalSignature')
  const read = (name) => readFileSync(at(name), 'utf8')
  const made = { root: read('root.pem'), leaf: read('leaf.pem'), key: read('leaf.key') }
  rmSync(folder, { recursive: true, force: true })
  return made
}

async function keyPair() {
  const { publicKey, privateKey } = await jose.generateKeyPair('ES256', { extractable: true })
  return { privateKey, publicJwk: await jose.exportJWK(publicKey), secretJwk: await jose.exportJWK(privateKey) }
}

/** Who a verifier is, as JSON: it can be kept, so that a wallet is told before the verifier starts. `port` 0: any. */
export const newIdentity = async (port = 0) => ({ port, x509: certificates(), own: (await keyPair()).secretJwk, attester: (await keyPair()).secretJwk })
async function loaded(secretJwk) {
  const { d, ...publicJwk } = secretJwk
  return { privateKey: await jose.importJWK(secretJwk, 'ES256'), publicJwk }
}
/** Files for a gateway that shall know it (docs/presentations.md): name -> content. */
export const verifierFiles = ({ port, x509, attester: { d, ...attester } }) => ({
  'verifiers.pem': x509.root,
  'verifiers/plain.json': JSON.stringify({ client_id: PLAIN_ID, name: 'Interop verifier', uris: [`http://${HOST}:${port}/response`] }),
  'verifiers/attester.json': JSON.stringify({ attester: ATTESTER, jwks: { keys: [attester] } }),
  'verifiers/payment.json': JSON.stringify({ transaction_type: 'payment', members: { amount: { kind: 'text', required: true } } }),
})

async function body(req) {
  const parts = []
  for await (const part of req) parts.push(part)
  return Buffer.concat(parts).toString()
}

/**
 * Starts one. `issuers`: { certificates: [DER] of IACA roots, keyOf(header) -> KeyLike for an SD-JWT VC, verify: { format: async (presentation, asked) -> disclosed } }.
 * Returns { url, world, ask, close }.
 */
export async function startVerifier(issuers = {}, identity = undefined) {
  const me = identity ?? await newIdentity()
  const server = createServer()
  await new Promise((done) => server.listen(me.port, '127.0.0.1', done))
  const url = `http://${HOST}:${server.address().port}`
  const responseUri = `${url}/response`
  const der = (pem) => new X509Certificate(pem).raw
  const x509 = { rootDer: der(me.x509.root), leafDer: der(me.x509.leaf), key: createPrivateKey(me.x509.key) }
  const [own, attester] = [await loaded(me.own), await loaded(me.attester)]
  const did = `did:jwk:${b64url(JSON.stringify(own.publicJwk))}`
  const web = `did:web:${HOST}%3A${server.address().port}`
  const open = new Map() // state -> question
  const requests = new Map() // path -> async (wallet_nonce) -> { status, type, body }
  const verifier = new Openid4vpVerifier({ callbacks: callbacks() })

  function callbacks() {
    return {
      fetch,
      hash: (data, alg) => createHash(alg.replace('-', '')).update(data).digest(),
      generateRandom: (n) => randomBytes(n),
      clientAuthentication: clientAuthenticationAnonymous(),
      encryptJwe: async () => { throw new Error('a verifier does not encrypt') },
      verifyJwt: async () => ({ verified: false }),
      decryptJwe: async (jwe) => {
        const { kid } = jose.decodeProtectedHeader(jwe)
        const question = [...open.values()].find((q) => q.encryption?.publicJwk.kid === kid)
        const { plaintext } = await jose.compactDecrypt(jwe, await jose.importJWK(question.encryption.secretJwk, 'ECDH-ES'))
        return { decrypted: true, decryptionJwk: question.encryption.publicJwk, payload: Buffer.from(plaintext).toString() }
      },
      signJwt: async (signer, { header, payload }) => {
        const key = signer.method === 'x5c' ? x509.key : own.privateKey
        const more = signer.method === 'custom' ? { jwt: await attestation() } : {}
        return { jwt: await new jose.SignJWT(payload).setProtectedHeader({ ...header, ...more }).sign(key), signerJwk: own.publicJwk }
      },
    }
  }
  const attestation = () => new jose.SignJWT({ cnf: { jwk: own.publicJwk }, redirect_uris: [responseUri] })
    .setProtectedHeader({ alg: 'ES256', typ: 'verifier-attestation+jwt' }).setIssuer(ATTESTER).setSubject('interop')
    .setExpirationTime('5m').sign(attester.privateKey)

  const hash = await calculateX509HashClientIdPrefixValue({ x509Certificate: x509.leafDer, hash: callbacks().hash })
  const x5c = [x509.leafDer.toString('base64')]
  const kinds = {
    x509_san_dns: { clientId: `x509_san_dns:${HOST}`, signer: { method: 'x5c', alg: 'ES256', x5c } },
    x509_hash: { clientId: `x509_hash:${hash}`, signer: { method: 'x5c', alg: 'ES256', x5c } },
    decentralized_identifier: { clientId: `decentralized_identifier:${did}`, signer: { method: 'did', alg: 'ES256', didUrl: `${did}#0` } },
    did_web: { clientId: `decentralized_identifier:${web}`, signer: { method: 'did', alg: 'ES256', didUrl: `${web}#k1` } },
    verifier_attestation: { clientId: 'verifier_attestation:interop', signer: { method: 'custom', alg: 'ES256' } },
    redirect_uri: { clientId: `redirect_uri:${responseUri}` },
    plain: { clientId: PLAIN_ID },
  }

  /**
   * A request: { kind (of KINDS, or 'did_web'), mode: 'direct_post' | 'direct_post.jwt', query, carrier: 'value' | 'object' | 'reference' | 'post', enc, transactionData, vpFormats, change(payload) }.
   * `text` is what the person brings; `done` settles with what came of the response.
   */
  async function ask({ kind, mode = 'direct_post', query, carrier, enc = ['A128GCM', 'A256GCM'], transactionData, vpFormats = FORMATS, change = (p) => p }) {
    const { clientId, signer } = kinds[kind]
    const state = randomBytes(16).toString('hex')
    const question = { kind, mode, query, state, transactionData, clientId, nonce: b64url(randomBytes(24)) }
    question.done = new Promise((resolve, reject) => Object.assign(question, { resolve, reject }))
    question.done.catch(() => {}) // whoever asks for it is told
    const metadata = { vp_formats_supported: vpFormats }
    if (mode === 'direct_post.jwt') {
      question.encryption = await keyPair()
      Object.assign(question.encryption.publicJwk, { alg: 'ECDH-ES', use: 'enc', kid: `key-${state}` })
      metadata.jwks = { keys: [question.encryption.publicJwk] }
      metadata.encrypted_response_enc_values_supported = enc
    }
    question.payload = change({
      client_id: clientId, response_type: 'vp_token', response_mode: mode, response_uri: responseUri, nonce: question.nonce, state,
      dcql_query: query, client_metadata: metadata, ...(transactionData && { transaction_data: transactionData }),
    })
    open.set(state, question)
    question.text = await carried(question, signer, carrier ?? (signer ? 'object' : 'value'))
    return question
  }

  async function carried(question, signer, carrier) {
    const make = (payload, jar, wallet) => verifier.createOpenId4vpAuthorizationRequest({ authorizationRequestPayload: payload, jar, wallet })
    if (carrier === 'value') return (await make(question.payload)).authorizationRequest
    const jar = { jwtSigner: signer, expiresInSeconds: 300, additionalJwtPayload: { aud: 'https://self-issued.me/v2' } }
    if (carrier === 'object') return (await make(question.payload, jar)).authorizationRequest
    const path = `/request/${question.state}`
    const { additionalJwtPayload, ...byReference } = jar // their default: aud is the request_uri
    requests.set(path, async (method, nonce) => {
      if (method !== (carrier === 'post' ? 'POST' : 'GET')) return { status: 405, type: 'text/plain', body: 'wrong method' }
      const more = nonce ? { wallet_nonce: nonce } : {}
      const made = await make({ ...question.payload, ...more }, { ...byReference, requestUri: `${url}${path}` }, nonce && { expectedNonce: nonce })
      return { status: 200, type: 'application/oauth-authz-req+jwt', body: made.jar.authorizationRequestJwt }
    })
    const text = `openid4vp://?client_id=${encodeURIComponent(question.clientId)}&request_uri=${encodeURIComponent(url + path)}`
    return carrier === 'post' ? `${text}&request_uri_method=post` : text
  }

  /** What arrived at response_uri, to the question it answers: disclosed claims by query, or the error that the wallet sent. */
  async function receive(form) {
    const fields = Object.fromEntries(new URLSearchParams(form))
    if (fields.error) return { question: open.get(fields.state), error: fields.error, description: fields.error_description }
    let state = fields.state
    let kid
    if (fields.response) {
      assert.deepEqual(Object.keys(fields), ['response'], 'nothing beside the encrypted response')
      const header = jose.decodeProtectedHeader(fields.response)
      assert.equal(header.alg, 'ECDH-ES')
      assert.equal(header.apu, undefined)
      assert.equal(header.apv, undefined)
      ;({ kid } = header)
      state = [...open.values()].find((q) => q.encryption?.publicJwk.kid === kid)?.state
    }
    const question = open.get(state)
    assert.ok(question, 'a response to a question')
    const { authorizationResponsePayload, jarm } = await verifier.parseOpenid4vpAuthorizationResponse({ authorizationResponse: fields,
      authorizationRequestPayload: question.payload, callbacks: callbacks() })
    assert.equal(Boolean(jarm), question.mode === 'direct_post.jwt')
    assert.equal(authorizationResponsePayload.state, state)
    const token = authorizationResponsePayload.vp_token
    const vpToken = typeof token === 'string' ? JSON.parse(token) : token
    for (const list of Object.values(vpToken)) assert.ok(Array.isArray(list), 'arrays of presentations')
    return { question, vpToken, disclosed: await judge(question, verifier.parseDcqlVpToken(vpToken)), jarm }
  }

  /** Each presentation by a library of its format, then the whole by dcql. */
  async function judge(question, vpToken) {
    const disclosed = {}
    const seen = {}
    for (const [id, presentations] of Object.entries(vpToken)) {
      const { format } = question.query.credentials.find((q) => q.id === id)
      const check = { 'dc+sd-jwt': sdJwt, mso_mdoc: mdoc, ...issuers.verify }[format]
      const results = await Promise.all(presentations.map((p) => check(p, { ...question, responseUri })))
      disclosed[id] = results.map((r) => r.claims)
      if (results[0].dcql) seen[id] = results.map((r) => r.dcql)
    }
    // dcql knows the formats of the specification
    const known = (q) => ['dc+sd-jwt', 'mso_mdoc', 'ldp_vc'].includes(q.format)
    if (question.query.credentials.every(known)) {
      const query = DcqlQuery.parse(question.query)
      DcqlQuery.validate(query)
      const result = DcqlPresentationResult.fromDcqlPresentation(seen, { dcqlQuery: query })
      assert.ok(result.can_be_satisfied, `dcql: ${JSON.stringify(result.credential_matches)}`)
    }
    if (question.transactionData) await checkTransactionData(question, vpToken)
    return disclosed
  }

  // ---- SD-JWT VC with key binding; the library takes any aud, nonce and iat

  async function sdJwt(text, { clientId, nonce }) {
    const key = await issuers.keyOf(jose.decodeProtectedHeader(text.split('~')[0]))
    const verifies = (k) => async (data, signature) => jose.compactVerify(`${data}.${signature}`, k).then(() => true, () => false)
    const library = new SDJwtInstance({ hasher: digest, saltGenerator: generateSalt, verifier: verifies(key),
      kbVerifier: async (data, signature, payload) => verifies(await jose.importJWK(payload.cnf.jwk, jose.decodeProtectedHeader(`${data}.${signature}`).alg))(data, signature) })
    const { payload } = await library.verify(text, { requiredClaimKeys: [], keyBindingNonce: nonce })
    const at = text.lastIndexOf('~')
    const kb = text.slice(at + 1)
    const claims = jose.decodeJwt(kb)
    assert.equal(jose.decodeProtectedHeader(kb).typ, 'kb+jwt')
    assert.equal(claims.aud, clientId)
    assert.equal(claims.nonce, nonce)
    assert.ok(Math.abs(claims.iat - Date.now() / 1000) < 300, 'iat is now')
    assert.equal(claims.sd_hash, b64url(sha256(text.slice(0, at + 1))))
    const all = await library.getClaims(text)
    return { claims: all, kb: claims, dcql: { credential_format: 'dc+sd-jwt', vct: payload.vct, claims: all, cryptographic_holder_binding: true } }
  }

  async function checkTransactionData(question, vpToken) {
    const credentials = {}
    for (const [id, presentations] of Object.entries(vpToken)) {
      const shown = presentations.filter((p) => typeof p === 'string' && p.includes('~')).map((p) => jose.decodeJwt(p.slice(p.lastIndexOf('~') + 1)))
        .filter((kb) => kb.transaction_data_hashes)
      if (shown.length > 0) credentials[id] = shown
    }
    await verifier.verifyTransactionData({ transactionData: question.transactionData, credentials })
  }

  // ---- mdoc under the session transcript that the verifier makes by itself

  async function mdoc(text, { clientId, nonce, encryption, responseUri: uri }) {
    const jwkThumbprint = encryption && new Uint8Array(Buffer.from(await jose.calculateJwkThumbprint(encryption.publicJwk), 'base64url'))
    const sessionTranscript = await owf.SessionTranscript.forOid4Vp({ clientId, nonce, jwkThumbprint, responseUri: uri }, context)
    const bytes = new Uint8Array(Buffer.from(text, 'base64url'))
    await owf.Verifier.verifyDeviceResponse({ deviceResponse: bytes, sessionTranscript, trustedCertificates: issuers.certificates }, context)
    const { documents } = owf.DeviceResponse.decode(bytes)
    assert.equal(documents.length, 1)
    const [{ docType, issuerSigned }] = documents
    assert.equal(issuerSigned.issuerAuth.mobileSecurityObject.docType, docType) // the library does not compare them
    const namespaces = {}
    for (const [name, items] of issuerSigned.issuerNamespaces?.issuerNamespaces ?? []) {
      namespaces[name] = Object.fromEntries(items.map((i) => [i.elementIdentifier, i.elementValue]))
    }
    return { claims: namespaces, dcql: { credential_format: 'mso_mdoc', doctype: docType, namespaces, cryptographic_holder_binding: true,
      ...(issuers.aki && { authority: { type: 'aki', values: [issuers.aki] } }) } }
  }

  // ---- HTTP

  const didDocument = JSON.stringify({ '@context': ['https://www.w3.org/ns/did/v1'], id: web, authentication: [`${web}#k1`],
    verificationMethod: [{ id: `${web}#k1`, type: 'JsonWebKey', controller: web, publicKeyJwk: own.publicJwk }] })

  server.on('request', async (req, res) => {
    const answer = (status, type, text) => res.writeHead(status, { 'content-type': type, connection: 'close' }).end(text)
    const { pathname } = new URL(req.url, url)
    const text = await body(req)
    if (pathname === '/.well-known/did.json') return answer(200, 'application/did+ld+json', didDocument)
    if (requests.has(pathname)) {
      const { status, type, body: out } = await requests.get(pathname)(req.method, new URLSearchParams(text).get('wallet_nonce'))
      return answer(status, type, out)
    }
    if (pathname !== '/response' || req.method !== 'POST') return answer(404, 'text/plain', '')
    try {
      assert.match(req.headers['content-type'], /^application\/x-www-form-urlencoded/)
      const { question, ...result } = await receive(text)
      question.resolve(result)
      answer(200, 'application/json', JSON.stringify({ redirect_uri: `${url}/thanks#response_code=${randomBytes(8).toString('hex')}` }))
    } catch (e) {
      for (const q of open.values()) q.reject(e) // tests ask one question at a time
      answer(400, 'application/json', JSON.stringify({ error: 'invalid_request', error_description: String(e) }))
    }
  })

  return {
    url, responseUri, ask, receive,
    /** What a wallet must be told to believe this verifier, in the words of interop_openid4vp. */
    world: {
      loopback: true, anchors: [x509.rootDer.toString('base64')], clients: [{ client_id: PLAIN_ID, uris: [responseUri] }],
      attesters: [{ issuer: ATTESTER, keys: [attester.publicJwk] }],
    },
    close: () => { server.closeAllConnections(); return new Promise((done) => server.close(done)) },
  }
}
