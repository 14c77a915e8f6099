// formats/dataint against the cryptosuites of @digitalbazaar: each suite made by one side and verified by the other, and what was changed refused by both.
// Our end is the program of tests/interop/dataint, which needs no gateway. req: FMT-3
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import * as didKey from '@digitalbazaar/did-method-key'
import * as ecdsaJcs from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite'
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey'
import { cryptosuite as ecdsaRdfc } from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite'
import * as ecdsaSd from '@digitalbazaar/ecdsa-sd-2023-cryptosuite'
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey'
import * as eddsaJcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite'
import { cryptosuite as eddsaRdfc } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite'
import { defaultDocumentLoader } from '@digitalbazaar/vc'
import jsigs from 'jsonld-signatures'

const PROGRAM = join(dirname(process.env.SEALGATE_BIN ?? 'build/asan/sealgate'), 'tests', 'dataint_peer')
const { AssertionProofPurpose, AuthenticationProofPurpose } = jsigs.purposes

const credential = {
  '@context': ['https://www.w3.org/ns/credentials/v2', {
    given: 'https://t.example/given', family: 'https://t.example/family', home: 'https://t.example/home',
    town: 'https://t.example/town', marks: 'https://t.example/marks', seen: { '@id': 'https://t.example/seen', '@type': 'http://www.w3.org/2001/XMLSchema#dateTime' },
  }],
  id: 'urn:uuid:0f1c3c9e-7a51-4f5a-9a40-0a1e6b1d5f3c',
  type: ['VerifiableCredential'],
  issuer: { id: 'did:example:issuer', name: '大学', description: { '@value': 'نص', '@language': 'ar', '@direction': 'rtl' } },
  validFrom: '2024-01-01T00:00:00Z',
  credentialSubject: [
    { given: 'A “quoted” \\ line\n', family: 'B', home: { town: 'T' }, marks: [1, 2.5, 1e21, true, -0.001], seen: '2024-02-29T12:00:00.5+09:00' },
    { given: 'x', home: [{ town: 'a' }, { town: 'b' }, { town: 'a' }] },
  ],
}

const driver = didKey.driver()
driver.use({ multibaseMultikeyHeader: 'zDna', fromMultibase: EcdsaMultikey.from })
driver.use({ multibaseMultikeyHeader: 'z82L', fromMultibase: EcdsaMultikey.from })
driver.use({ multibaseMultikeyHeader: 'z6Mk', fromMultibase: Ed25519Multikey.from })
async function documentLoader(url) {
  if (url.startsWith('did:key:')) {
    return { contextUrl: null, documentUrl: url, document: await driver.get({ url }) }
  }
  return defaultDocumentLoader(url)
}

function run(args, document) {
  const { status, stdout, stderr } = spawnSync(PROGRAM, args, { input: JSON.stringify(document) })
  assert.equal(status, 0, stderr.toString())
  return stdout.toString()
}
const ours = {
  secure: (suite, curve, document, { purpose = 'assertionMethod', challenge = '', domain = '', pointers = [], id, previous } = {}) =>
    JSON.parse(run(['secure', suite, curve, purpose, challenge, domain, ...(id ? [`id=${id}`] : []),
      ...(previous ? [`previous=${previous}`] : []), ...pointers], document)),
  verify: (document, { purpose = 'assertionMethod', challenge = '', domain = '' } = {}) => run(['verify', purpose, challenge, domain], document).trim(),
  derive: (document, pointers) => JSON.parse(run(['derive', ...pointers], document)),
}

function purposeOf({ purpose = 'assertionMethod', challenge, domain } = {}) {
  return purpose === 'authentication' ? new AuthenticationProofPurpose({ challenge, domain }) : new AssertionProofPurpose()
}
async function theirVerify(cryptosuite, document, options) {
  const { verified } = await jsigs.verify(document, { suite: new DataIntegrityProof({ cryptosuite }), purpose: purposeOf(options), documentLoader })
  return verified
}
async function theirSecure(cryptosuite, curve, document, options) {
  const library = curve === 'Ed25519' ? Ed25519Multikey : EcdsaMultikey
  const key = await library.generate({ curve })
  const did = `did:key:${key.publicKeyMultibase}`
  key.id = `${did}#${key.publicKeyMultibase}`
  key.controller = did
  const suite = new DataIntegrityProof({ signer: key.signer(), cryptosuite })
  return jsigs.sign(structuredClone(document), { suite, purpose: purposeOf(options), documentLoader })
}

// Their jcs suites compare the contexts of document and proof by reference, so that no object among them ever passes: texts only.
const documentFor = (name) => name.includes('-jcs-') ? { ...credential, '@context': ['https://www.w3.org/ns/credentials/v2'] } : credential

const changed = (document) => {
  const copy = structuredClone(document)
  copy.validFrom = '2024-01-02T00:00:00Z'
  return copy
}

const suites = [
  ['eddsa-rdfc-2022', 'Ed25519', eddsaRdfc, eddsaRdfc],
  ['ecdsa-rdfc-2019', 'P-256', ecdsaRdfc, ecdsaRdfc],
  ['ecdsa-rdfc-2019', 'P-384', ecdsaRdfc, ecdsaRdfc],
  ['eddsa-jcs-2022', 'Ed25519', eddsaJcs.createSignCryptosuite(), eddsaJcs.createVerifyCryptosuite()],
  ['ecdsa-jcs-2019', 'P-256', ecdsaJcs.createSignCryptosuite(), ecdsaJcs.createVerifyCryptosuite()],
  ['ecdsa-jcs-2019', 'P-384', ecdsaJcs.createSignCryptosuite(), ecdsaJcs.createVerifyCryptosuite()],
]

const skip = existsSync(PROGRAM) ? false : `${PROGRAM} is not built`
describe('cryptosuites of formats/dataint', { skip }, () => {
  for (const [name, curve, signs, verifies] of suites) {
    test(`${name}, ${curve}: ours verified by theirs`, async () => {
      const secured = ours.secure(name, curve, documentFor(name))
      assert.equal(ours.verify(secured), 'OK')
      assert.equal(await theirVerify(verifies, secured), true)
      assert.equal(await theirVerify(verifies, changed(secured)), false)
    })

    test(`${name}, ${curve}: theirs verified by ours`, async () => {
      const secured = await theirSecure(signs, curve, documentFor(name))
      assert.equal(ours.verify(secured), 'OK')
      assert.equal(ours.verify(changed(secured)), 'SIGNATURE')
    })

    test(`${name}, ${curve}: a presentation with challenge and domain`, async () => {
      const presentation = {
        '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiablePresentation'],
        verifiableCredential: [ours.secure('ecdsa-rdfc-2019', 'P-256', credential)],
      }
      const options = { purpose: 'authentication', challenge: 'c-1', domain: 'https://v.example' }
      const mine = ours.secure(name, curve, presentation, options)
      assert.equal(await theirVerify(verifies, mine, options), true)
      assert.equal(await theirVerify(verifies, mine, { ...options, challenge: 'c-2' }), false)
      const yours = await theirSecure(signs, curve, presentation, options)
      assert.equal(ours.verify(yours, options), 'OK')
      assert.equal(ours.verify(yours, { ...options, challenge: 'c-2' }), 'CHALLENGE')
      assert.equal(ours.verify(yours, { ...options, domain: 'https://w.example' }), 'DOMAIN')
    })
  }

  for (const previous of [undefined, 'urn:p:0']) {
    test(`two proofs, ${previous ? 'a chain' : 'a set'}: ours verified by theirs`, async () => {
      const first = ours.secure('eddsa-rdfc-2022', 'Ed25519', credential, { id: 'urn:p:0' })
      const both = ours.secure('ecdsa-rdfc-2019', 'P-256', first, { id: 'urn:p:1', previous })
      const suite = [new DataIntegrityProof({ cryptosuite: eddsaRdfc }), new DataIntegrityProof({ cryptosuite: ecdsaRdfc })]
      const verify = async (document) => (await jsigs.verify(document, { suite, purpose: new AssertionProofPurpose(), documentLoader })).verified
      assert.equal(ours.verify(both), 'OK')
      assert.equal(await verify(both), true)
      const last = { ...both, proof: both.proof[1] }
      assert.equal(ours.verify(last), previous ? 'NOT_FOUND' : 'OK')
      assert.equal(await verify(last), !previous)
      assert.equal(await verify(changed(both)), false)
    })
  }

  const mandatory = ['/issuer', '/credentialSubject/1/home/1']
  const selections = [
    [], ['/validFrom'], ['/credentialSubject/0/given'], ['/credentialSubject/0/marks', '/credentialSubject/1/home/0/town'],
    ['/credentialSubject/0'], ['/credentialSubject'], ['/id', '/credentialSubject/0/seen'],
  ]

  for (const pointers of selections) {
    test(`ecdsa-sd-2023: ours disclosed and verified by theirs ${JSON.stringify(pointers)}`, async () => {
      const base = ours.secure('ecdsa-sd-2023', 'P-256', credential, { pointers: mandatory })
      const cryptosuite = ecdsaSd.createDiscloseCryptosuite({ proofId: undefined, selectivePointers: pointers })
      const theirs = await jsigs.derive(base, { suite: new DataIntegrityProof({ cryptosuite }), purpose: new AssertionProofPurpose(), documentLoader })
      assert.equal(ours.verify(theirs), 'OK')
      const mine = ours.derive(base, pointers)
      assert.deepEqual(mine, theirs)
      assert.equal(await theirVerify(ecdsaSd.createVerifyCryptosuite(), mine), true)
      mine.issuer.name = 'other'
      assert.equal(await theirVerify(ecdsaSd.createVerifyCryptosuite(), mine), false)
      assert.equal(ours.verify(mine), 'SIGNATURE')
    })

    test(`ecdsa-sd-2023: theirs disclosed by ours ${JSON.stringify(pointers)}`, async () => {
      const base = await theirSecure(ecdsaSd.createSignCryptosuite({ mandatoryPointers: mandatory }), 'P-256', credential)
      assert.equal(ours.verify(base), 'PROOF_VALUE') // a base proof is not for verifiers
      const mine = ours.derive(base, pointers)
      assert.equal(ours.verify(mine), 'OK')
      assert.equal(await theirVerify(ecdsaSd.createVerifyCryptosuite(), mine), true)
      const cryptosuite = ecdsaSd.createDiscloseCryptosuite({ selectivePointers: pointers })
      const theirs = await jsigs.derive(base, { suite: new DataIntegrityProof({ cryptosuite }), purpose: new AssertionProofPurpose(), documentLoader })
      assert.deepEqual(mine, theirs)
    })
  }
})
