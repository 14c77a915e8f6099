// A person whose keys are in the HSM shows credentials to a verifier from npm: each kind of request, both response modes, every format; the passkey's gesture in between
// (req: PRO-3, AU-4, SIG-1). What must not come about is tried, too.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, before, beforeEach, test } from 'node:test'
import { manyFormats, queryFor } from '../openid4vp_formats.mjs'
import { KINDS, startVerifier } from '../openid4vp_verifier.mjs'

const BASE = process.env.SEALGATE_BASE
const { Browser, invite } = await import(`${process.env.SEALGATE_TOP}/tests/replay/persons/browser.mjs`)

const PER_PERSON = 24 // the signer keeps 32 questions of one person until they expire

let verifier, issuer, person
let held = {} // format -> credential bound to the person's key
let questions = 0
before(async () => {
  issuer = await manyFormats()
  verifier = await startVerifier(issuer.forVerifier, JSON.parse(readFileSync(process.env.SEALGATE_VERIFIER)))
  await somebody()
})
/** A person with a passkey, a key in the HSM, and a credential of every format for it. */
async function somebody() {
  person = new Browser(BASE)
  const { link, code } = invite(process.env.SEALGATE_BIN, process.env.SEALGATE_DIR)
  await person.enrol(link, code)
  const login = await person.login()
  assert.equal(login.status, 200, login.text)
  const made = await person.post('/account/keys', {})
  assert.ok(made.status === 200 || made.status === 201, made.text)
  held = {}
  for (const format of issuer.formats) held[format] = await issuer.issue(format, made.json.jwk)
  questions = 0
}
after(() => verifier?.close())

const given = (formats) => formats.map((name) => ({ format: name.split(' ')[0], value: held[name] }))
/** The gateway's answer to a request: the question to the person, or a refusal. */
async function start(text, formats, more = {}) {
  questions++
  return person.post('/vp/presentations', { request: text, credentials: given(formats), ...more })
}
beforeEach(async () => { if (questions > PER_PERSON) await somebody() })
const approve = (id, publicKey, over = {}, more = {}) =>
  person.post(`/vp/presentations/${id}/approve`, { credential: person.device.get(publicKey, over), ...more })
/** The person says yes; what the verifier made of it. */
async function show(asked, formats, more) {
  const question = await start(asked.text, formats, more)
  assert.ok(question.status === 200 || question.status === 201, question.text)
  assert.equal(question.json.state, 'open', question.text)
  const answer = await approve(question.json.id, question.json.publicKey)
  assert.equal(answer.status, 200, answer.text)
  return { question: question.json, answer: answer.json }
}

const carriers = (kind) => (['redirect_uri', 'plain'].includes(kind) ? ['value'] : ['object', 'reference', 'post'])
for (const kind of KINDS) {
  for (const carrier of carriers(kind)) {
    for (const mode of ['direct_post', 'direct_post.jwt']) {
      test(`${kind} by ${carrier}, ${mode}: asked, agreed, delivered, accepted`, async () => {
        const asked = await verifier.ask({ kind, carrier, mode, query: queryFor(['dc+sd-jwt', 'mso_mdoc']) })
        const { question, answer } = await show(asked, ['dc+sd-jwt', 'mso_mdoc'])
        assert.equal(question.party.id, asked.clientId)
        const { disclosed } = await asked.done
        assert.deepEqual([disclosed.c0[0].given_name, disclosed.c0[0].family_name], ['Ava', undefined])
        assert.deepEqual(Object.values(disclosed.c1[0]), [{ given_name: 'Ava' }])
        assert.equal(answer.state, 'delivered')
        assert.match(answer.redirect_uri, /\/thanks#response_code=/)
      })
    }
  }
}

for (const mode of ['direct_post', 'direct_post.jwt']) {
  test(`every format in one request and one gesture, ${mode}`, async () => {
    for (const formats of [['dc+sd-jwt', 'mso_mdoc', 'ldp_vc ecdsa-rdfc-2019', 'vc+jwt', 'vc+sd-jwt', 'vc+cose'], ['ldp_vc ecdsa-jcs-2019'], ['ldp_vc ecdsa-sd-2023']]) {
      const asked = await verifier.ask({ kind: 'x509_hash', mode, query: queryFor(formats) })
      await show(asked, formats)
      const { disclosed, error } = await asked.done
      assert.equal(error, undefined)
      assert.equal(Object.keys(disclosed).length, formats.length)
      for (const [i, name] of formats.entries()) {
        const said = JSON.stringify(disclosed[`c${i}`])
        assert.match(said, /Ava/, name)
        if (/sd|mdoc/.test(name)) assert.doesNotMatch(said, /"Jones"|a member/, `${name}: nothing that was not asked for`)
      }
    }
  })
}

test('a verifier by did:web: its document is fetched by the courier', async () => {
  for (const carrier of ['object', 'reference']) {
    const asked = await verifier.ask({ kind: 'did_web', carrier, query: queryFor(['dc+sd-jwt']) })
    const { question } = await show(asked, ['dc+sd-jwt'])
    assert.equal(question.party.proven, 'did')
    assert.equal((await asked.done).disclosed.c0[0].given_name, 'Ava')
  }
})

// ---- DCQL: the verifier's own evaluation of the answer is part of `done`

const [sd, mdoc] = queryFor(['dc+sd-jwt', 'mso_mdoc']).credentials

test('credential_sets: the option that can be answered, and no other', async () => {
  const query = { credentials: [sd, mdoc, { ...sd, id: 'nice', meta: { vct_values: ['https://registry.example/other'] } }],
    credential_sets: [{ options: [['c0', 'nice'], ['c1']] }, { options: [['nice']], required: false }] }
  const asked = await verifier.ask({ kind: 'x509_hash', query })
  await show(asked, ['dc+sd-jwt', 'mso_mdoc'])
  assert.deepEqual(Object.keys((await asked.done).disclosed), ['c1'])
})

test('claim_sets: the first that can be delivered, and nothing of the others', async () => {
  const query = { credentials: [{ ...sd, claims: [{ id: 'a', path: ['given_name'] }, { id: 'b', path: ['no_such_claim'] }, { id: 'c', path: ['family_name'] }],
    claim_sets: [['a', 'b'], ['c']] }] }
  const asked = await verifier.ask({ kind: 'x509_hash', query })
  await show(asked, ['dc+sd-jwt'])
  const [claims] = (await asked.done).disclosed.c0
  assert.deepEqual([claims.given_name, claims.family_name], [undefined, 'Jones'])
})

test('a null step through an array, with values', async () => {
  const query = { credentials: [{ ...sd, claims: [{ path: ['nationalities', null], values: ['JP', 'FR'] }] }] }
  const asked = await verifier.ask({ kind: 'x509_hash', query })
  await show(asked, ['dc+sd-jwt'])
  const [claims] = (await asked.done).disclosed.c0
  assert.ok(claims.nationalities.includes('JP'))
  assert.equal(claims.given_name, undefined)
})

test('trusted_authorities: the key that signed the document signer\'s certificate, and another', async () => {
  const query = (values) => ({ credentials: [{ ...mdoc, trusted_authorities: [{ type: 'aki', values }] }] })
  const asked = await verifier.ask({ kind: 'x509_hash', query: query([issuer.aki]) })
  await show(asked, ['mso_mdoc'])
  assert.deepEqual(Object.values((await asked.done).disclosed.c1[0]), [{ given_name: 'Ava' }])
  const other = await verifier.ask({ kind: 'x509_hash', query: query(['AAAAAAAAAAAAAAAAAAAAAAAAAAA']) })
  assert.equal((await start(other.text, ['mso_mdoc'])).json.state, 'nothing')
})

test('multiple: as many as the person chooses', async () => {
  const query = { credentials: [{ ...sd, multiple: true }] }
  const asked = await verifier.ask({ kind: 'x509_hash', query })
  const { json } = await start(asked.text, ['dc+sd-jwt', 'dc+sd-jwt'])
  assert.equal(json.state, 'open', JSON.stringify(json))
  const ids = json.candidates[0].credentials.map((c) => c.id)
  assert.equal(ids.length, 2)
  const chosen = await person.post(`/vp/presentations/${json.id}/selection`, { selection: { c0: ids } })
  assert.equal(chosen.status, 200, chosen.text)
  assert.equal((await approve(json.id, json.publicKey)).status, 403, 'the gesture for one is none for both')
  const answer = await approve(json.id, chosen.json.publicKey, {}, { selection: { c0: ids } })
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual((await asked.done).disclosed.c0.map((c) => c.given_name), ['Ava', 'Ava'])
})

test('a value that does not match: nothing is shown, and the verifier hears what a person\'s no sounds like', async () => {
  const query = { credentials: [{ ...sd, claims: [{ path: ['given_name'], values: ['Eve'] }] }] }
  const asked = await verifier.ask({ kind: 'x509_hash', query })
  const { json } = await start(asked.text, ['dc+sd-jwt'])
  assert.equal(json.state, 'nothing')
  const before = await Promise.race([asked.done.then(() => 'something'), new Promise((r) => setTimeout(r, 200, 'nothing'))])
  assert.equal(before, 'nothing', 'no answer before the person gave one')
  assert.equal((await person.post(`/vp/presentations/${json.id}/refuse`, {})).status, 200)
  assert.equal((await asked.done).error, 'access_denied')
})

test('returned instead of delivered: the wallet brings it to the verifier', async () => {
  for (const mode of ['direct_post', 'direct_post.jwt']) {
    const asked = await verifier.ask({ kind: 'x509_san_dns', mode, query: queryFor(['dc+sd-jwt']) })
    const { answer } = await show(asked, ['dc+sd-jwt'], { delivery: 'return' })
    assert.equal(answer.state, 'returned')
    const form = new URLSearchParams(answer.response ? { response: answer.response } : { vp_token: JSON.stringify(answer.vp_token), state: asked.state })
    const { disclosed } = await verifier.receive(form)
    assert.equal(disclosed.c0[0].given_name, 'Ava')
  }
})

test('transaction_data: shown in the text, its hash in the KB-JWT', async () => {
  const encoded = Buffer.from(JSON.stringify({ type: 'payment', credential_ids: ['c0'], amount: '12.50' })).toString('base64url')
  const asked = await verifier.ask({ kind: 'x509_hash', query: queryFor(['dc+sd-jwt']), transactionData: [encoded] })
  const { question } = await show(asked, ['dc+sd-jwt'])
  assert.match(question.text, /12\.50/)
  await asked.done // verifyTransactionData of the library
})

test('the person says no: the verifier hears access_denied, and nothing was signed', async () => {
  const asked = await verifier.ask({ kind: 'x509_hash', query: queryFor(['dc+sd-jwt']) })
  const { json } = await start(asked.text, ['dc+sd-jwt'])
  const refused = await person.post(`/vp/presentations/${json.id}/refuse`, {})
  assert.equal(refused.status, 200, refused.text)
  const { error, disclosed } = await asked.done
  assert.deepEqual([error, disclosed], ['access_denied', undefined])
  assert.ok((await approve(json.id, json.publicKey)).status >= 400, 'too late')
})

test('a gesture for another question, from elsewhere or without the person gives nothing', async () => {
  const ask = async () => {
    const asked = await verifier.ask({ kind: 'x509_hash', query: queryFor(['dc+sd-jwt']) })
    return { asked, question: (await start(asked.text, ['dc+sd-jwt'])).json }
  }
  const [one, two] = [await ask(), await ask()]
  for (const [publicKey, over] of [[two.question.publicKey, {}], [one.question.publicKey, { origin: 'https://evil.example' }], [one.question.publicKey, { uv: false }],
    [{ ...one.question.publicKey, challenge: randomBytes(32).toString('base64url') }, {}]]) {
    const answer = await approve(one.question.id, publicKey, over)
    assert.ok(answer.status >= 400 && answer.json?.vp_token === undefined, answer.text)
  }
})

test('one request is answered once', async () => {
  const asked = await verifier.ask({ kind: 'x509_hash', query: queryFor(['dc+sd-jwt']) })
  await show(asked, ['dc+sd-jwt'])
  await asked.done
  assert.ok((await start(asked.text, ['dc+sd-jwt'])).status >= 400)
})

test('strangers are refused, and not told', async () => {
  const stranger = await startVerifier(issuer.forVerifier)
  try {
    for (const kind of ['x509_san_dns', 'x509_hash', 'verifier_attestation', 'plain']) {
      const asked = await stranger.ask({ kind, query: queryFor(['dc+sd-jwt']) })
      const answer = await start(asked.text, ['dc+sd-jwt'])
      assert.ok(answer.status >= 400, answer.text)
      const heard = await Promise.race([asked.done.then(() => 'something', () => 'something'), new Promise((r) => setTimeout(r, 300, 'nothing'))])
      assert.equal(heard, 'nothing')
    }
  } finally {
    await stranger.close()
  }
})

test('a broken request of a known verifier: the verifier is told in the words of 8.5', async () => {
  for (const [change, word] of [[({ dcql_query, ...p }) => ({ ...p, scope: 'badge' }), 'invalid_scope'], [(p) => ({ ...p, nonce: 'a$b' }), 'invalid_request']]) {
    const asked = await verifier.ask({ kind: 'x509_hash', query: queryFor(['dc+sd-jwt']), change })
    const answer = await start(asked.text, ['dc+sd-jwt'])
    assert.ok(answer.status >= 400, answer.text)
    const { error } = await asked.done
    assert.equal(error, word)
  }
})
