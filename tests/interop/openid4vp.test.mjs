// Requests of @openid4vc/openid4vp in every kind and carrier, read by formats/openid4vp; responses written there and by gateway/jwe, read and decrypted by that
// library and `jose`, their presentations verified (PRO-3). The wallet here is interop_openid4vp with keys of this test; the gateway's turn is openid4vp_gateway.test.mjs.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { createHash } from 'node:crypto'
import * as jose from 'jose'
import { SDJwtInstance } from '@sd-jwt/core'
import { digest, generateSalt } from '@sd-jwt/crypto-nodejs'
import { KINDS, startVerifier } from './openid4vp_verifier.mjs'

const bin = join(dirname(process.env.SEALGATE_BIN ?? './sealgate'), 'tests', 'interop_openid4vp')
const skip = existsSync(bin) ? false : 'interop_openid4vp was not built'

// ---- a holder with an SD-JWT VC

const issuer = await jose.generateKeyPair('ES256')
const device = await jose.generateKeyPair('ES256', { extractable: true })
const signerOf = (key) => async (data) => {
  const [header, payload] = data.split('.').map((part) => Buffer.from(part, 'base64url'))
  return (await new jose.CompactSign(payload).setProtectedHeader(JSON.parse(header)).sign(key)).split('.')[2]
}
const kit = new SDJwtInstance({ hasher: digest, saltGenerator: generateSalt, hashAlg: 'sha-256', signAlg: 'ES256', signer: signerOf(issuer.privateKey),
  kbSignAlg: 'ES256', kbSigner: signerOf(device.privateKey) })
const credential = await kit.issue({ iss: 'https://issuer.example', vct: 'https://issuer.example/badge', given_name: 'Ava', family_name: 'Jones',
  cnf: { jwk: await jose.exportJWK(device.publicKey) } }, { _sd: ['given_name', 'family_name'] }, { header: { typ: 'dc+sd-jwt' } })
const present = (aud, nonce, more = {}) => kit.present(credential, { given_name: true },
  { kb: { payload: { iat: Math.floor(Date.now() / 1000), aud, nonce, ...more } } })

const query = { credentials: [{ id: 'badge', format: 'dc+sd-jwt', meta: { vct_values: ['https://issuer.example/badge'] }, claims: [{ path: ['given_name'] }] }] }

// ---- the verifier

const verifier = await startVerifier({ keyOf: async () => issuer.publicKey, certificates: [] })
after(() => verifier.close())

/** What interop_openid4vp says. */
const wallet = (question) => JSON.parse(execFileSync(bin, { input: JSON.stringify({ ...verifier.world, ...question }) }))
/** The same, and request_uri is fetched as a courier would. */
async function read(text, more = {}) {
  const first = wallet({ text, ...more })
  if (!first.reference) return { answer: first, question: { text, ...more } }
  const { uri, post } = first.reference
  const form = new URLSearchParams({ wallet_metadata: '{}', wallet_nonce: 'w-0123456789' })
  const fetched = await fetch(uri, { method: post ? 'POST' : 'GET', ...(post && { body: form }), redirect: 'manual' })
  const question = { text, ...more, ...(post && { wallet_nonce: 'w-0123456789' }),
    fetched: { status: fetched.status, content_type: fetched.headers.get('content-type'), body: await fetched.text() } }
  return { answer: wallet(question), question }
}
const deliver = (form) => fetch(verifier.responseUri, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: form })

const carriers = (kind) => (['redirect_uri', 'plain'].includes(kind) ? ['value'] : ['object', 'reference', 'post'])

for (const kind of KINDS) {
  for (const carrier of carriers(kind)) {
    for (const mode of ['direct_post', 'direct_post.jwt']) {
      test(`${kind} by ${carrier}, ${mode}: the request is read, the response accepted`, { skip }, async () => {
        const asked = await verifier.ask({ kind, carrier, mode, query })
        const { answer, question } = await read(asked.text)
        assert.ok(answer.request, JSON.stringify(answer))
        const { request } = answer
        assert.equal(request.client_id, asked.clientId)
        assert.equal(request.prefix, kind === 'plain' ? 'pre-registered' : kind)
        assert.equal(request.signed, carrier !== 'value')
        assert.equal(request.mode, mode)
        assert.equal(request.uri, verifier.responseUri)
        assert.equal(request.nonce, asked.nonce)
        assert.deepEqual(request.dcql_query, query)
        if (mode === 'direct_post.jwt') {
          assert.equal(request.enc, 'A256GCM')
          assert.equal(request.thumbprint, await jose.calculateJwkThumbprint(asked.encryption.publicJwk))
        }
        const presentation = await present(request.client_id, request.nonce)
        const { form } = wallet({ ...question, vp_token: { badge: [presentation] } })
        const answered = await deliver(form)
        assert.equal(answered.status, 200, await answered.text())
        const { disclosed, error } = await asked.done
        assert.equal(error, undefined)
        assert.equal(disclosed.badge[0].given_name, 'Ava')
        assert.equal(disclosed.badge[0].family_name, undefined)
      })
    }
  }
}

test('A128GCM alone is used when nothing else is offered', { skip }, async () => {
  const asked = await verifier.ask({ kind: 'x509_hash', mode: 'direct_post.jwt', query, enc: ['A128GCM'] })
  const { answer, question } = await read(asked.text)
  assert.equal(answer.request.enc, 'A128GCM')
  const { form } = wallet({ ...question, vp_token: { badge: [await present(asked.clientId, asked.nonce)] } })
  assert.equal((await deliver(form)).status, 200)
  const jwe = new URLSearchParams(form).get('response')
  assert.equal(jose.decodeProtectedHeader(jwe).enc, 'A128GCM')
  const other = await jose.generateKeyPair('ECDH-ES')
  await assert.rejects(jose.compactDecrypt(jwe, other.privateKey)) // nobody else reads it
})

test('transaction_data: the hash that the verifier expects', { skip }, async () => {
  const encoded = Buffer.from(JSON.stringify({ type: 'payment', credential_ids: ['badge'], amount: '12.50' })).toString('base64url')
  const asked = await verifier.ask({ kind: 'x509_hash', query, transactionData: [encoded] })
  const { answer, question } = await read(asked.text)
  assert.deepEqual(answer.request.transaction_data_hashes, [createHash('sha256').update(encoded).digest('base64url')])
  const presentation = await present(asked.clientId, asked.nonce, { transaction_data_hashes: answer.request.transaction_data_hashes })
  const { form } = wallet({ ...question, vp_token: { badge: [presentation] } })
  assert.equal((await deliver(form)).status, 200)
  const again = await verifier.ask({ kind: 'x509_hash', query,
    transactionData: [encoded, Buffer.from(JSON.stringify({ type: 'unknown', credential_ids: ['badge'] })).toString('base64url')] })
  const { answer: refused } = await read(again.text)
  assert.deepEqual([refused.error, refused.reply, refused.uri, refused.state], ['invalid_transaction_data', true, verifier.responseUri, again.state])
})

test('a response that does not hold is not accepted: the verifier here says no, too', { skip }, async () => {
  for (const [aud, nonce] of [['https://else.example', undefined], [undefined, 'another-nonce-0123456789']]) {
    const asked = await verifier.ask({ kind: 'plain', query })
    const { question } = await read(asked.text)
    const { form } = wallet({ ...question, vp_token: { badge: [await present(aud ?? asked.clientId, nonce ?? asked.nonce)] } })
    assert.equal((await deliver(form)).status, 400)
    await assert.rejects(asked.done)
  }
})

test('requests of strangers are refused, and nobody is told', { skip }, async () => {
  const stranger = await startVerifier({ keyOf: async () => issuer.publicKey, certificates: [] })
  try {
    for (const kind of KINDS.filter((k) => k !== 'redirect_uri' && k !== 'decentralized_identifier')) {
      const { text } = await stranger.ask({ kind, query })
      const { answer } = await read(text)
      assert.equal(answer.reply, false, JSON.stringify(answer))
      assert.match(answer.refused, /^(ISSUER|SIGNATURE|CLIENT)$/)
    }
    // anybody may have a DID or an address: what they may ask is another question
    for (const kind of ['redirect_uri', 'decentralized_identifier']) {
      const { text } = await stranger.ask({ kind, query })
      assert.equal((await read(text)).answer.request.uri, stranger.responseUri)
    }
  } finally {
    await stranger.close()
  }
})

test('what the library lets pass and the specification does not', { skip }, async () => {
  const rows = [
    [(p) => ({ ...p, nonce: 'a$b' }), 'invalid_request'],
    [(p) => ({ ...p, redirect_uri: p.response_uri }), 'invalid_request'],
    [(p) => ({ ...p, client_metadata: {} }), 'invalid_request'],
    [({ dcql_query, ...p }) => ({ ...p, scope: 'badge' }), 'invalid_scope'],
    [(p) => ({ ...p, dcql_query: { credentials: [{ ...query.credentials[0], format: 'vc+new' }] } }), 'vp_formats_not_supported'],
  ]
  for (const [change, error] of rows) {
    const { text, state } = await verifier.ask({ kind: 'x509_hash', query, change })
    const { answer } = await read(text)
    assert.deepEqual([answer.error, answer.reply, answer.state], [error, true, state], JSON.stringify(answer))
  }
  const { text } = await verifier.ask({ kind: 'x509_hash', query, carrier: 'reference' })
  assert.equal(wallet({ text: `${text}&request_uri_method=POST` }).error, 'invalid_request_uri_method')
})

test('a request object of another: claims, header and signature are looked at', { skip }, async () => {
  const { text } = await verifier.ask({ kind: 'x509_hash', query })
  const params = new URL(text).searchParams
  const [header, payload, signature] = params.get('request').split('.')
  const again = (parts) => {
    params.set('request', parts.join('.'))
    return wallet({ text: `openid4vp://?${params}` })
  }
  const coded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = JSON.parse(Buffer.from(payload, 'base64url'))
  assert.ok(again([header, payload, signature]).request)
  assert.equal(again([header, coded({ ...claims, state: 'other' }), signature]).refused, 'SIGNATURE')
  assert.equal(again([coded({ ...JSON.parse(Buffer.from(header, 'base64url')), typ: 'JWT' }), payload, signature]).refused, 'TYPE')
  assert.equal(again([coded({ alg: 'none', typ: 'oauth-authz-req+jwt' }), payload, '']).refused, 'ALGORITHM')
  params.set('client_id', 'x509_san_dns:localhost')
  assert.equal(again([header, payload, signature]).refused, 'CLIENT')
})
