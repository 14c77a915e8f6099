// formats/vcdm against libraries none of us wrote: vc+jwt with jose, vc+sd-jwt with @sd-jwt/core, vc+cose with @auth0/cose, each way. req: FMT-4
// Our end is the program of tests/interop/josecose, which needs no gateway.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'
import { Algorithms, Headers, Sign1 } from '@auth0/cose'
import { SDJwtInstance } from '@sd-jwt/core'
import { digest, generateSalt } from '@sd-jwt/crypto-nodejs'
import * as jose from 'jose'

const PROGRAM = join(dirname(process.env.SEALGATE_BIN ?? 'build/asan/sealgate'), 'tests', 'josecose_suite')
const CONTROLLER = 'https://issuer.example/vc'
const TYP = 16 // RFC 9596
const folder = mkdtempSync(join(tmpdir(), 'sealgate-vcdm-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const credential = {
  '@context': ['https://www.w3.org/ns/credentials/v2', 'https://www.w3.org/ns/credentials/examples/v2'],
  id: 'urn:uuid:0f1c3c9e-7a51-4f5a-9a40-0a1e6b1d5f3c',
  type: ['VerifiableCredential', 'ExampleAlumniCredential'],
  issuer: { id: CONTROLLER, name: '大学' },
  validFrom: '2024-01-01T00:00:00Z',
  credentialSubject: { id: 'did:example:s', degree: { type: 'BachelorDegree', name: 'Bachelor “of” Science' }, marks: [1, 2.5, null] },
}
const presentation = {
  '@context': ['https://www.w3.org/ns/credentials/v2'],
  type: ['VerifiablePresentation'],
  holder: CONTROLLER,
}
const documents = { credential, presentation }

async function makeKey(alg) {
  const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true, crv: 'Ed25519' })
  const publicKeyJwk = await jose.exportJWK(publicKey)
  const secretKeyJwk = await jose.exportJWK(privateKey)
  const method = join(folder, `${alg}.json`)
  const id = `${CONTROLLER}#${alg}`
  writeFileSync(method, JSON.stringify({ id, type: 'JsonWebKey', controller: CONTROLLER, publicKeyJwk, secretKeyJwk }))
  return { alg, publicKey, privateKey, method, id }
}

function suite(what, key, feature, input, more = []) {
  const from = join(folder, 'input')
  const to = join(folder, 'output.json')
  writeFileSync(from, input)
  rmSync(to, { force: true })
  execFileSync(PROGRAM, [what, '--input', from, '--key', key.method, '--feature', feature, ...more, '--output', to],
    { stdio: ['ignore', 'ignore', 'ignore'] })
  return JSON.parse(readFileSync(to, 'utf8'))
}
function issue(key, feature, document, more) {
  const out = suite('issue', key, feature, JSON.stringify(document, null, 2), more)
  assert.equal(out.result, 'success', out.reason)
  return out.data
}
const verify = (key, feature, text) => suite('verify', key, feature, text)
const unpadded = (bytes) => Buffer.from(bytes).toString('base64').replace(/=+$/, '')

const skip = existsSync(PROGRAM) ? false : `${PROGRAM} is not built`
describe('envelopes of formats/vcdm', { skip }, () => {
  for (const alg of ['ES256', 'ES384', 'EdDSA']) {
    for (const kind of ['credential', 'presentation']) {
      const short = kind === 'credential' ? 'vc' : 'vp'

      test(`jose, ${alg}, ${short}+jwt`, async () => {
        const key = await makeKey(alg)
        const { payload, protectedHeader } = await jose.compactVerify(issue(key, `${kind}_jose`, documents[kind]), key.publicKey)
        assert.deepEqual(JSON.parse(new TextDecoder().decode(payload)), documents[kind])
        assert.deepEqual(protectedHeader, { alg, typ: `${short}+jwt`, cty: short, kid: key.id })

        const sign = (document, header) => new jose.CompactSign(new TextEncoder().encode(JSON.stringify(document)))
          .setProtectedHeader({ alg, kid: key.id, typ: `${short}+jwt`, ...header }).sign(key.privateKey)
        assert.equal(verify(key, `${kind}_jose`, await sign(documents[kind], {})).result, 'success')
        const wrongTyp = verify(key, `${kind}_jose`, await sign(documents[kind], { typ: 'JWT' }))
        assert.deepEqual([wrongTyp.result, wrongTyp.reason], ['failure', 'typ'])
        const noType = verify(key, `${kind}_jose`, await sign({ ...documents[kind], type: ['Other'] }, {}))
        assert.deepEqual([noType.result, noType.reason], ['failure', 'type'])
        const other = await makeKey(alg)
        const wrongKey = verify(other, `${kind}_jose`, await sign(documents[kind], {}))
        assert.deepEqual([wrongKey.result, wrongKey.reason], ['failure', 'signature'])
      })

      test(`@auth0/cose, ${alg}, ${short}+cose`, async () => {
        const key = await makeKey(alg)
        const bytes = Buffer.from(issue(key, `${kind}_cose`, documents[kind]), 'base64')
        const ours = Sign1.decode(bytes)
        await ours.verify(key.publicKey, { algorithms: [Algorithms[alg]] })
        assert.deepEqual(JSON.parse(Buffer.from(ours.payload).toString('utf8')), documents[kind])
        assert.equal(ours.protectedHeaders.get(Headers.ContentType), `application/${short}`)
        assert.equal(ours.protectedHeaders.get(TYP), `application/${short}+cose`)
        assert.equal(Buffer.from(ours.protectedHeaders.get(Headers.KeyID)).toString(), key.id)

        const sign = async (document, typ) => unpadded((await Sign1.sign(
          [[Headers.Algorithm, Algorithms[alg]], [TYP, typ], [Headers.KeyID, Buffer.from(key.id)]],
          [], Buffer.from(JSON.stringify(document)), key.privateKey)).encode())
        const good = await sign(documents[kind], `application/${short}+cose`)
        assert.equal(verify(key, `${kind}_cose`, good).result, 'success')
        const wrongTyp = verify(key, `${kind}_cose`, await sign(documents[kind], `${short}+cose`))
        assert.deepEqual([wrongTyp.result, wrongTyp.reason], ['failure', 'typ'])
        const altered = Buffer.from(good, 'base64')
        altered[altered.length - 1] ^= 1
        const bad = verify(key, `${kind}_cose`, unpadded(altered))
        assert.deepEqual([bad.result, bad.reason], ['failure', 'signature'])
      })
    }

    test(`@sd-jwt/core, ${alg}, vc+sd-jwt`, async () => {
      const key = await makeKey(alg)
      const theirs = new SDJwtInstance({
        hasher: digest, hashAlg: 'sha-256', saltGenerator: generateSalt, signAlg: alg,
        signer: async (data) => (await new jose.CompactSign(Buffer.from(data.split('.')[1], 'base64url'))
          .setProtectedHeader(JSON.parse(Buffer.from(data.split('.')[0], 'base64url'))).sign(key.privateKey)).split('.')[2],
        verifier: async (data, signature) => {
          try { await jose.compactVerify(`${data}.${signature}`, key.publicKey); return true } catch { return false }
        },
      })
      const paths = ['credentialSubject.degree.name', 'credentialSubject.marks[1]']
      const { payload } = await theirs.verify(issue(key, 'credential_sdjwt', credential, ['--sd', JSON.stringify(paths)]))
      const { _sd_alg, ...claims } = payload
      assert.deepEqual(claims, credential)

      const header = { header: { typ: 'vc+sd-jwt', cty: 'vc', kid: key.id } }
      const text = await theirs.issue(structuredClone(credential), { credentialSubject: { _sd: ['degree'] } }, header)
      assert.equal(verify(key, 'credential_sdjwt', text).result, 'success')
      const bare = await theirs.issue(structuredClone(credential), undefined, header)
      assert.equal(verify(key, 'credential_sdjwt', bare).result, 'success')
      const bad = verify(key, 'credential_sdjwt', `${text}${text.split('~').at(-2)}~`)
      assert.equal(bad.result, 'failure')
    })
  }
})
