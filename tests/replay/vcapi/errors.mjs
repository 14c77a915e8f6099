// Every refusal of the VC-API face, over HTTP against the three real processes: status, problem type, code. Expectations are VCALM 1.0's
// (2.4.3 unknown options, 3.8 errors), VCDM 2.0's 7.2 and RFC 9457's, not our own output.
//   node errors.mjs BUILD_DIR
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SystemClient, call, clientKey, dpop, newKey, statusOrder } from '../../crash/system/wallet.mjs'

const BIN = resolve(process.argv[2] ?? 'build/dev', 'sealgate')
const port = Number(process.env.SEALGATE_REPLAY_PORT ?? 18540)
const BASE = `http://localhost:${port}`
const work = mkdtempSync(join(tmpdir(), 'sealgate-vcapi-'))
const DIR = join(work, 'state')
const claims = JSON.parse(readFileSync(new URL('../../../conf/demo/claims.json', import.meta.url)))
const UNKNOWN = 'https://www.w3.org/TR/vcalm#UNKNOWN_OPTION_PROVIDED'
const VCDM = 'https://www.w3.org/TR/vc-data-model#'

let failures = 0
let cases = 0
function expect(what, answer, status, { type, code, more } = {}) {
  cases++
  const bad = []
  if (answer.status !== status) bad.push(`status ${answer.status}, want ${status}`)
  if (!/json/.test(answer.headers['content-type'] ?? '')) bad.push(`content-type ${answer.headers['content-type']}`)
  if (type !== undefined && answer.json?.type !== type) bad.push(`type ${answer.json?.type}, want ${type}`)
  if (code !== undefined && answer.json?.code !== code) bad.push(`code ${answer.json?.code}, want ${code}`)
  if (status >= 400 && !answer.json) bad.push('no problem details')
  if (more && !more(answer)) bad.push('something else')
  if (bad.length > 0) { failures++; console.log(`FAILED ${what}: ${bad.join('; ')} ${answer.text.slice(0, 400)}`) }
}

// ---- the stack ------------------------------------------------------------------------------------------------
let supervisor
const halt = async () => { spawnSync(BIN, ['stop', '--dir', DIR]); supervisor.kill('SIGTERM'); await sleep(300) }
const stop = async () => { await halt(); rmSync(work, { recursive: true, force: true }) }
async function start() {
  supervisor = spawn(BIN, ['run', '--dir', DIR], { stdio: ['ignore', 'ignore', 'ignore'] })
  for (let i = 0; i < 200; i++) {
    try { if ((await call('GET', `${BASE}/readyz`, { timeout: 1000 })).status === 200) return } catch { /* starting */ }
    await sleep(100)
  }
  console.log('the gateway never became ready')
  await stop()
  process.exit(1)
}
execFileSync(BIN, ['init', '--demo', '--dir', DIR, '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'ignore', 'ignore'] })
const entry = (id, more) => ({ id, format: 'ldp_vc', cryptosuite: 'ecdsa-rdfc-2019', issuer: 'did:web', '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiableCredential', 'TestCredential'], ...more })
writeFileSync(join(DIR, 'configurations/test.json'), JSON.stringify({
  credential_metadata: {}, sealgate: { seal_key: 'seal-es256', validity_s: 86400, claims: { name: { type: 'string' } } },
  formats: [entry('no_mandate', { documents: 'any' }), entry('shows', { documents: 'presentations' }),
    entry('adds', { documents: 'any', existing_proofs: 'add' }), entry('chains', { documents: 'any', existing_proofs: 'chain' })] }), { mode: 0o644 })
const pinned = JSON.stringify({ type: 'object', properties: { credentialSubject: { properties: { id: { maxLength: 6 } } } } })
const SCHEMA = `${BASE}/schemas/short`
writeFileSync(join(DIR, 'schemas/short.json'), pinned)
writeFileSync(join(DIR, 'schemas/index.json'), JSON.stringify({ '${BASE}/schemas/short': { file: 'short.json', sha256: createHash('sha256').update(pinned).digest('hex') } }))
await start()
for (const id of ['shows', 'adds', 'chains']) {
  execFileSync(BIN, ['mandate', 'set', 'demo-client', '--dir', DIR, '--key', 'seal-es256', '--configuration', id, '--count', '1000',
    '--operator', join(DIR, 'operators/operator1.json'), '--operator', join(DIR, 'operators/operator2.json')], { stdio: ['ignore', 'ignore', 'inherit'] })
}
await sleep(1500) // the gateway learns of mandates within a second
const system = new SystemClient(BASE, DIR)
await system.signIn()
const post = (path, body, headers) => call('POST', `${BASE}${path}`, {
  headers: { 'content-type': 'application/json', ...(headers ?? { authorization: `DPoP ${system.token}`, dpop: dpop(system.key, 'POST', `${BASE}${path}`, system.token) }) },
  body: typeof body === 'string' ? body : JSON.stringify(body) })
const issued = (() => {
  writeFileSync(join(work, 'claims.json'), JSON.stringify(claims))
  const run = spawnSync(BIN, ['issue', '--configuration', 'employee_badge_sd_jwt', '--claims', join(work, 'claims.json'), '--dir', DIR], { encoding: 'utf8' })
  if (run.status !== 0) throw new Error(run.stderr)
  return run.stdout.trim()
})()

const paths = ['credentials/issue', 'credentials/verify', 'credentials/derive', 'credentials/status', 'presentations', 'presentations/verify', 'challenges']
  .flatMap((p) => [`/vc-api/${p}`, `/vc-api/employee_badge_sd_jwt/${p}`])

// ---- who asks (req: PRO-5, AU-8) ----------------------------------------------------------------------------------
for (const path of paths) {
  expect(`${path} without a token`, await post(path, {}, {}), 401, { code: 'UNAUTHENTICATED' })
  expect(`${path} with an unknown token`, await post(path, {}, { authorization: `DPoP ${'A'.repeat(43)}`, dpop: dpop(system.key, 'POST', `${BASE}${path}`, 'A'.repeat(43)) }), 401, { code: 'TOKEN' })
  expect(`${path} with Basic`, await post(path, {}, { authorization: 'Basic eDp5' }), 401)
  expect(`${path} with another key`, await post(path, {}, { authorization: `DPoP ${system.token}`, dpop: dpop(newKey(), 'POST', `${BASE}${path}`, system.token) }), 401, { code: 'DPOP' })
}

// ---- what a body may say (VCALM 2.4.3) ----------------------------------------------------------------------------------
const objects = { 'credentials/issue': 'credential', 'credentials/verify': 'verifiableCredential', 'credentials/derive': 'verifiableCredential',
  'presentations': 'presentation', 'presentations/verify': 'verifiablePresentation' }
for (const [path, member] of Object.entries(objects)) {
  const at = `/vc-api/employee_badge_sd_jwt/${path}`
  expect(`${path}: no JSON`, await post(at, '{'), 400, { type: `${VCDM}PARSING_ERROR`, code: 'MALFORMED' })
  expect(`${path}: an array`, await post(at, '[]'), 400, { type: `${VCDM}PARSING_ERROR`, code: 'TYPE' })
  expect(`${path}: a member twice`, await post(at, `{"${member}":{},"${member}":{}}`), 400, { code: 'DUPLICATE' })
  expect(`${path}: no object`, await post(at, {}), 400, { code: 'MISSING' })
  expect(`${path}: options that are none`, await post(at, { [member]: {}, options: 'x' }), 400, { code: 'TYPE' })
  expect(`${path}: an unknown member`, await post(at, { [member]: {}, other: 1 }), 400, { type: UNKNOWN })
  expect(`${path}: an unknown option`, await post(at, { [member]: {}, options: { other: 1 } }), 400, { type: UNKNOWN })
  expect(`${path}: an option of the suites`, await post(at, { [member]: {}, options: { checks: ['proof'] } }), 400, { type: UNKNOWN })
  expect(`${path}: another media type`, await call('POST', `${BASE}${at}`, { headers: { 'content-type': 'text/plain', authorization: `DPoP ${system.token}`, dpop: dpop(system.key, 'POST', `${BASE}${at}`, system.token) }, body: '{}' }), 415)
}
expect('two presentations', await post('/vc-api/presentations/verify', { verifiablePresentation: {}, presentation: {} }), 400, { code: 'VALUE' })

// ---- verify ------------------------------------------------------------------------------------------------------------
const verify = (verifiableCredential, options) => post('/vc-api/credentials/verify', { verifiableCredential, ...(options && { options }) })
const refused = (problem) => ({ more: (a) => a.json.verified === false && a.json.problemDetails.some((p) => p.type === problem && p.title && p.detail) })
const holds = { more: (a) => a.json.verified === true && a.json.problemDetails.length === 0 }
const sdJwt = issued.includes('~') ? issued : issued.split('\n').find((l) => l.includes('~'))
expect('a credential of ours', await verify(sdJwt), 200, holds)
expect('its results', await verify(sdJwt, { returnResults: true, returnCredential: true }), 200,
  { more: (a) => a.json.verified && a.json.credential === sdJwt && a.json.results.credentialStatus.length === 1 && a.json.results.credentialStatus[0].value === 0 })
expect('an option of a wrong type', await verify(sdJwt, { returnResults: 'yes' }), 400, { code: 'TYPE' })
const parts = sdJwt.split('.')
const flipped = (s) => (s[10] === 'A' ? s.slice(0, 10) + 'B' + s.slice(11) : s.slice(0, 10) + 'A' + s.slice(11))
expect('a changed signature', await verify([parts[0], parts[1], flipped(parts[2])].join('.')), 200, refused(`${VCDM}CRYPTOGRAPHIC_SECURITY_ERROR`))
expect('a changed disclosure', await verify(sdJwt.replace(/~([^~]+)~$/, (m, d) => `~${flipped(d)}~`)), 200, { more: (a) => a.json.verified === false })
for (const [what, object] of [['a number', 1], ['null', null], ['an array', []], ['JSON in a text', '{"a":1}'], ['words', 'a b']]) {
  expect(`verify: ${what}`, await verify(object), 400, { type: `${VCDM}PARSING_ERROR` })
}
for (const [what, object] of [['an empty object', {}], ['an empty text', ''], ['no signature', 'abc'], ['garbage', '~~~']]) {
  expect(`verify: ${what}`, await verify(object), 200, { more: (a) => a.json.verified === false && a.json.problemDetails.length > 0 })
}
expect('a credential where a presentation belongs', await post('/vc-api/presentations/verify', { verifiablePresentation: sdJwt }), 200, { more: (a) => a.json.verified === false })

// ---- status (req: STA-2) ----------------------------------------------------------------------------------------------
const payload = JSON.parse(Buffer.from(parts[1], 'base64url'))
const { uri, idx } = payload.status.status_list
const status_entry = { type: 'BitstringStatusListEntry', statusPurpose: 'revocation', statusListIndex: String(idx), statusListCredential: uri }
const status = (body) => post('/vc-api/credentials/status', body)
const change = { credentialId: 'urn:a', credentialStatus: status_entry, status: true }
expect('status without an order', await status(change), 403, { code: 'POLICY' })
const order = statusOrder(clientKey(DIR), 'demo-client', uri, idx, 1)
expect('an order that is no order', await status({ ...change, order: 'AAAA', signature: 'AAAA' }), 400)
expect('an order of another value', await status({ ...change, status: false, ...order }), 409, { code: 'CONFLICT' })
expect('an order of another entry', await status({ ...change, credentialStatus: { ...status_entry, statusListIndex: String(idx + 1) }, ...order }), 409, { code: 'CONFLICT' })
expect('an order of another list', await status({ ...change, credentialStatus: { ...status_entry, statusListCredential: `${uri}x` }, ...order }), 409, { code: 'CONFLICT' })
expect('no entry', await status({ credentialId: 'urn:a', status: true, ...order }), 400, { code: 'MISSING' })
expect('no credentialId', await status({ credentialStatus: status_entry, status: true, ...order }), 400, { code: 'MISSING' })
expect('an index that is no text', await status({ ...change, credentialStatus: { ...status_entry, statusListIndex: idx }, ...order }), 400, { code: 'TYPE' })
expect('an order in another name', await status({ ...change, ...statusOrder(clientKey(DIR), 'somebody', uri, idx, 1) }), 403, { code: 'POLICY' })
const forged = statusOrder(newKey(), 'demo-client', uri, idx, 1)
expect('an order that another key signed', await status({ ...change, ...forged }), 400, { code: 'SIGNATURE' })
expect('the order', await status({ ...change, ...order }), 200)
expect('the revoked credential', await verify(sdJwt), 200, refused('https://www.w3.org/ns/credentials/status-list#STATUS_VERIFICATION_ERROR'))

// ---- issue: what a configuration takes (flow_document.h; VCALM 3.2.1) ---------------------------------------------------------
const stripped = ({ proof, credentialStatus, ...rest }) => rest
const demo = (id) => {
  const run = spawnSync(BIN, ['issue', '--configuration', id, '--claims', join(work, 'claims.json'), '--dir', DIR], { encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`${id}: ${run.stderr}`)
  return run.stdout.trim()
}
const LDP = 'employee_badge_ldp_ecdsa_rdfc'
const badge = stripped(JSON.parse(demo(LDP)))
const issue = (id, credential, options) => post(`/vc-api/${id}/credentials/issue`, { credential, ...(options && { options }) })
const secured = await issue(LDP, badge)
expect('a document that the configuration would have built', secured, 201, { more: (a) => {
  const vc = a.json.verifiableCredential
  return JSON.stringify(vc.credentialSubject) === JSON.stringify(badge.credentialSubject) && vc.proof.cryptosuite === 'ecdsa-rdfc-2019' && vc.credentialStatus.length === 2
} })
expect('it verifies', await verify(secured.json.verifiableCredential, { returnResults: true }), 200,
  { more: (a) => a.json.verified && a.json.results.proof.length === 1 && a.json.results.proof[0].verified && a.json.results.credentialStatus.length === 2 && a.json.results.validUntil.verified })
expect('the default instance', await post('/vc-api/credentials/issue', { credential: badge }), 201)
const changed = (over) => ({ ...badge, ...over })
const subject = (over) => changed({ credentialSubject: { ...badge.credentialSubject, ...over } })
for (const [what, document, status, code] of [
  ['another issuer', changed({ issuer: 'did:web:evil.example' }), 400, 'ISSUER'],
  ['a subject with more', subject({ salary: 1 }), 400, 'CLAIMS'],
  ['a subject with less', subject({ given_name: undefined }), 400, 'CLAIMS'],
  ['a claim of a wrong type', subject({ employee_id: 7 }), 400, 'CLAIMS'],
  ['two subjects', changed({ credentialSubject: [badge.credentialSubject, badge.credentialSubject] }), 400, 'CLAIMS'],
  ['another type', changed({ type: ['VerifiableCredential'] }), 400, 'CLAIMS'],
  ['another context', changed({ '@context': ['https://www.w3.org/ns/credentials/v2'] }), 400, 'CLAIMS'],
  ['a member that is not planned', changed({ termsOfUse: { type: 'https://a.example/T' } }), 400, 'CLAIMS'],
  ['a text of its own', changed({ description: 'the owner of the house' }), 400, 'CLAIMS'],
  ['a beginning long ago', changed({ validFrom: '2001-01-01T00:00:00Z' }), 400, 'CLAIMS'],
  ['a beginning to come', changed({ validFrom: new Date(Date.now() + 3 * 86400e3).toISOString().replace(/\.\d+/, '') }), 400, 'CLAIMS'],
  ['a longer life', changed({ validUntil: '2099-01-01T00:00:00Z' }), 400, 'CLAIMS'],
  ['a life without end', changed({ validUntil: undefined }), 400, 'CLAIMS'],
  ['no type', changed({ type: undefined }), 400, 'VCDM'],
  ['no context', changed({ '@context': undefined }), 400, 'VCDM'],
  ['an empty subject', changed({ credentialSubject: {} }), 400, 'VCDM'],
  ['a date that is none', changed({ validFrom: 'yesterday' }), 400, 'VCDM'],
  ['a proof that is there', { ...badge, proof: secured.json.verifiableCredential.proof }, 400, 'VALUE'],
]) expect(`issue: ${what}`, await issue(LDP, document), status, { code })
expect('issue: a text', await issue(LDP, 'x'), 400, { code: 'TYPE' })
expect('issue: pointers where no suite has them', await issue(LDP, badge, { mandatoryPointers: ['/issuer'] }), 400, { code: 'VALUE' })
expect('issue: pointers that are none', await issue(LDP, badge, { mandatoryPointers: ['issuer'] }), 400, { code: 'VALUE' })
expect('issue: pointers that are no list', await issue(LDP, badge, { mandatoryPointers: '/issuer' }), 400, { code: 'TYPE' })
expect('issue: a credentialId', await issue(LDP, badge, { credentialId: 'urn:a' }), 201)
expect('issue: a credentialId that is no text', await issue(LDP, badge, { credentialId: 1 }), 400, { code: 'TYPE' })
expect('a presentation at a configuration for credentials', await post(`/vc-api/${LDP}/presentations`, { presentation: { '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiablePresentation'] } }), 400, { code: 'UNSUPPORTED' })
expect('issue: no mandate', await issue('no_mandate', { '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiableCredential'], issuer: badge.issuer, credentialSubject: { id: 'urn:a' } }), 403, { code: 'ACTIVATION' })
expect('issue: a context of its own under RDF', await issue('adds', { '@context': ['https://www.w3.org/ns/credentials/v2', { a: 'urn:a' }], type: ['VerifiableCredential'], issuer: badge.issuer, credentialSubject: { id: 'urn:a', a: 'x' } }), 400, { code: 'VALUE' })
expect('issue: and deeper in it', await issue('adds', { '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiableCredential'], issuer: badge.issuer, credentialSubject: { '@context': { a: 'urn:a' }, id: 'urn:a', a: 'x' } }), 400, { code: 'VALUE' })
expect('issue: without one', await issue('adds', { '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiableCredential'], issuer: badge.issuer, credentialSubject: { id: 'urn:a' } }), 201)
expect('issue: no presentation with a key for credentials', await issue('shows', badge), 400, { code: 'UNSUPPORTED' })

for (const id of ['employee_badge_jwt', 'employee_badge_vc_sd_jwt', 'employee_badge_cose']) {
  const answer = await issue(id, badge)
  expect(`${id}: in its envelope`, answer, 201, { more: (a) => a.json.verifiableCredential.type === 'EnvelopedVerifiableCredential' })
  expect(`${id}: verifies`, await verify(answer.json.verifiableCredential), 200, holds)
  const data = answer.json.verifiableCredential.id
  const at = data.length - 30
  const tampered = data.slice(0, at) + (data[at] === 'A' ? 'B' : 'A') + data.slice(at + 1)
  expect(`${id}: a changed character`, await verify({ ...answer.json.verifiableCredential, id: tampered }), 200, { more: (a) => a.json.verified === false })
}

// ---- a status list is nobody's to write but ours, and so are our names ------------------------------------------------------------
const free = (over) => ({ '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiableCredential'], issuer: badge.issuer, credentialSubject: { id: 'urn:a' }, ...over })
const list = { id: 'urn:l', type: 'BitstringStatusList', statusPurpose: 'revocation', encodedList: 'uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA' }
expect('issue: a status list', await issue('adds', free({ type: ['VerifiableCredential', 'BitstringStatusListCredential'], credentialSubject: list })), 400, { code: 'CLAIMS' })
expect('issue: its subject alone', await issue('adds', free({ credentialSubject: list })), 400, { code: 'CLAIMS' })
expect('issue: its type as IRI', await issue('adds', free({ type: ['VerifiableCredential', 'https://www.w3.org/ns/credentials/status#BitstringStatusListCredential'] })), 400, { code: 'CLAIMS' })
expect('issue: the id of a list', await issue(LDP, changed({ id: uri })), 400, { code: 'CLAIMS' })
expect('issue: a name of its own', await issue(LDP, changed({ name: 'Chairman' })), 400, { code: 'CLAIMS' })

// ---- schemas: those of the folder, and never silently good (docs/schema.md) ------------------------------------------------------------
const named = async (subjectId, id) => (await issue('adds', free({ credentialSubject: { id: subjectId }, credentialSchema: { id, type: 'JsonSchema' } }))).json.verifiableCredential
const [fits, unfit, absent] = [await named('urn:a', SCHEMA), await named('urn:much-longer', SCHEMA), await named('urn:a', 'https://schemas.example/unheard')]
const schemaOf = (a) => a.json.results.credentialSchema
expect('a schema that holds', await verify(fits, { returnResults: true }), 200, { more: (a) => a.json.verified && schemaOf(a).length === 1 && schemaOf(a)[0].verified && a.json.problemDetails.length === 0 })
expect('a schema that does not hold', await verify(unfit, { returnResults: true }), 200,
  { more: (a) => !a.json.verified && !schemaOf(a)[0].verified && a.json.problemDetails.some((p) => p.code === 'SCHEMA' && p.detail.includes('"/credentialSubject/id" (maxLength)')) })
expect('a schema that is not at hand', await verify(absent, { returnResults: true }), 200,
  { more: (a) => a.json.verified && !schemaOf(a)[0].verified && a.json.problemDetails.some((p) => /not checked/.test(p.detail) && p.type === 'about:blank') })
function offline(what, object, options, status, words) {
  cases++
  writeFileSync(join(work, 'object.json'), JSON.stringify(object))
  const run = spawnSync(BIN, ['verify', join(work, 'object.json'), '--dir', DIR, ...options], { encoding: 'utf8' })
  if (run.status !== status || !words.test(run.stdout + run.stderr)) { failures++; console.log(`FAILED ${what}: ${run.status} ${run.stdout}${run.stderr}`) }
}
offline('offline: a schema that holds', fits, [], 0, /credentialSchema.*holds/)
offline('offline: one that does not', unfit, [], 1, /credentialSchema.*credentialSubject\/id" \(maxLength\)/)
offline('offline: one that is not at hand', absent, [], 0, /not shown.*credentialSchema.*not checked|credentialSchema.*not checked/)
offline('offline: and is wanted', absent, ['--require-schema'], 1, /not checked/)
offline('offline: and is given', absent, ['--schema', `https://schemas.example/unheard=${join(DIR, 'schemas/short.json')}`, '--require-schema'], 0, /credentialSchema.*holds/)
offline('offline: contexts that were asked for', fits, ['--expect-context', 'https://www.w3.org/ns/credentials/v2'], 0, /contexts/)
offline('offline: and are others', fits, ['--expect-context', 'https://www.w3.org/2018/credentials/v1'], 1, /FAILED.*contexts|contexts.*CONTEXT/)

// ---- tampering with a document: every member of it ------------------------------------------------------------------------------
const vc = secured.json.verifiableCredential
for (const name of Object.keys(vc).filter((n) => n !== 'proof')) {
  const { [name]: gone, ...rest } = vc
  expect(`without ${name}`, await verify(rest), 200, { more: (a) => a.json.verified === false })
}
for (const name of Object.keys(vc.credentialSubject)) {
  expect(`another ${name}`, await verify({ ...vc, credentialSubject: { ...vc.credentialSubject, [name]: 'other' } }), 200, { more: (a) => a.json.verified === false })
}
for (const name of Object.keys(vc.proof)) {
  expect(`proof without ${name}`, await verify({ ...vc, proof: { ...vc.proof, [name]: undefined } }), 200, { more: (a) => a.json.verified === false })
}
expect('another purpose', await verify({ ...vc, proof: { ...vc.proof, proofPurpose: 'authentication' } }), 200, { more: (a) => a.json.verified === false })
expect('a term that nobody defines', await verify({ ...vc, undefinedTerm: 1 }), 200, { more: (a) => a.json.verified === false })

// ---- selective disclosure --------------------------------------------------------------------------------------------------------
const SD = 'employee_badge_ldp_ecdsa_sd'
const base = (await issue(SD, badge, { mandatoryPointers: ['/issuer', '/validUntil', '/credentialStatus'] })).json.verifiableCredential
const derive = (verifiableCredential, options) => post(`/vc-api/${SD}/credentials/derive`, { verifiableCredential, options })
expect('a base proof is for the holder', await verify(base), 200, { more: (a) => a.json.verified === false })
const derived = await derive(base, { selectivePointers: ['/credentialSubject/employee_id'] })
expect('derive', derived, 201, { more: (a) => a.json.verifiableCredential.credentialSubject.employee_id === claims.employee_id && !('given_name' in a.json.verifiableCredential.credentialSubject) })
expect('what was derived verifies', await verify(derived.json.verifiableCredential), 200, holds)
expect('and is no base proof', await derive(derived.json.verifiableCredential, { selectivePointers: ['/credentialSubject/employee_id'] }), 400)
expect('derive: no pointers', await derive(base, {}), 400, { code: 'MISSING' })
expect('derive: a pointer to nothing', await derive(base, { selectivePointers: ['/credentialSubject/salary'] }), 400)
expect('derive: pointers that are none', await derive(base, { selectivePointers: [1] }), 400, { code: 'TYPE' })
expect('derive: another suite', await derive(vc, { selectivePointers: ['/issuer'] }), 400)

// ---- presentations (VCALM 3.5.1; Data Integrity 2.1) --------------------------------------------------------------------------------
const plain = (over) => ({ '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiablePresentation'], verifiableCredential: [vc], ...over })
const prove = (presentation, options) => post('/vc-api/shows/presentations', { presentation, options })
const check = (verifiablePresentation, options) => post('/vc-api/presentations/verify', { verifiablePresentation, options })
const challenge = (await post('/vc-api/challenges', '{}')).json.challenge
const shown = await prove(plain({ holder: badge.issuer }), { challenge, domain: 'v.example' })
expect('prove', shown, 201, { more: (a) => a.json.verifiablePresentation.proof.proofPurpose === 'authentication' && a.json.verifiablePresentation.proof.challenge === challenge })
const vp = shown.json.verifiablePresentation
expect('the presentation verifies', await check(vp, { challenge, domain: 'v.example', returnResults: true }), 200,
  { more: (a) => a.json.verified && a.json.results.credentials.length === 1 && a.json.results.credentials[0].verified })
expect('another challenge', await check(vp, { challenge: 'x', domain: 'v.example' }), 200, refused('https://w3id.org/security#INVALID_CHALLENGE_ERROR'))
expect('another domain', await check(vp, { challenge, domain: 'w.example' }), 200, refused('https://w3id.org/security#INVALID_DOMAIN_ERROR'))
expect('a domain of a wrong type', await check(vp, { challenge, domain: 1 }), 400, { code: 'TYPE' })
expect('a bad credential in it', await check({ ...vp, verifiableCredential: [{ ...vc, validFrom: '2020-01-01T00:00:00Z' }] }, { challenge, domain: 'v.example' }), 200, { more: (a) => a.json.verified === false })
expect('a challenge, and no proof', await check(plain(), { challenge }), 200, refused('https://w3id.org/security#INVALID_CHALLENGE_ERROR'))
expect('a credential at its place', await check(vc, {}), 200, { more: (a) => a.json.verified === false })
expect('a presentation where a credential belongs', await verify(vp), 200, { more: (a) => a.json.verified === false })
expect('prove: another holder', await prove(plain({ holder: 'did:web:evil.example' }), {}), 400, { code: 'ISSUER' })
expect('prove: a credential', await prove(badge, {}), 400, { code: 'VCDM' })
expect('prove: strings as credentials', await prove(plain({ verifiableCredential: ['eyJ'] }), {}), 400, { code: 'VCDM' })
expect('prove: an option of another type', await prove(plain(), { challenge: 1 }), 400, { code: 'TYPE' })

// ---- proofs that are there: a set, a chain (Data Integrity 4.3) --------------------------------------------------------------------------
const twice = { ...badge, issuer: badge.issuer }
const set = await issue('adds', secured.json.verifiableCredential)
expect('a second proof beside the first', set, 201, { more: (a) => a.json.verifiableCredential.proof.length === 2 })
expect('the set verifies', await verify(set.json.verifiableCredential), 200, holds)
expect('a chain over a proof without id', await issue('chains', secured.json.verifiableCredential), 400, { code: 'MISSING' })
expect('no proof to chain to', await issue('chains', twice), 201)

// ---- instances and challenges --------------------------------------------------------------------------------------------
expect('an unknown instance', await post('/vc-api/other/credentials/issue', { credential: {} }), 404, { code: 'CONFIGURATION' })
expect('a format that secures no documents', await post('/vc-api/employee_badge_sd_jwt/credentials/issue', { credential: {} }), 400, { code: 'UNSUPPORTED' })
const one = await post('/vc-api/challenges', '{}')
const two = await post('/vc-api/challenges', '{}')
expect('a challenge', one, 200, { more: (a) => a.json.challenge.length >= 32 && a.json.challenge !== two.json.challenge })

// ---- the test mode (req: PRO-5) ----------------------------------------------------------------------------------------------
await halt()
const ini = join(DIR, 'conf/gateway.ini')
const before = readFileSync(ini, 'utf8')
appendFileSync(ini, 'vcapi_profile = w3c-suite\nvcapi_test_mode = yes\n')
await start()
const open = (path, body) => post(path, body, {})
expect('test mode: no token is needed', await open('/vc-api/challenges', '{}'), 200)
expect('test mode: a wrong token is still wrong', await post('/vc-api/challenges', '{}', { authorization: 'Bearer x' }), 401)
expect('suite: refused is 400', await open('/vc-api/credentials/verify', { verifiableCredential: {}, options: { checks: ['proof'] } }), 400, { more: (a) => a.json.verified === false })
expect('suite: an unknown option stays one', await open('/vc-api/credentials/verify', { verifiableCredential: {}, options: { other: 1 } }), 400, { type: UNKNOWN })
expect('suite: checks that are none', await open('/vc-api/credentials/verify', { verifiableCredential: {}, options: { checks: 1 } }), 400, { code: 'TYPE' })
expect('test mode: the management API stays closed', await open('/v1/offers', {}), 401)
await halt()
writeFileSync(ini, before + 'verify_schema_required = yes\n')
await start()
await system.signIn()
expect('a schema that is not at hand, and is wanted', await verify(absent), 200, { more: (a) => !a.json.verified && a.json.problemDetails.some((p) => /not checked/.test(p.detail)) })
expect('and one that is', await verify(fits), 200, holds)
await halt()
writeFileSync(ini, before.replace('environment = test', 'environment = production') + 'vcapi_test_mode = yes\n')
const production = spawnSync(BIN.replace(/sealgate$/, 'sealgate-gateway'), ['--dir', DIR, '--check'], { encoding: 'utf8' })
cases++
if (production.status === 0 || !/vcapi_test_mode|public_url/.test(production.stderr)) { failures++; console.log(`FAILED production takes the test mode: ${production.stderr}`) }

rmSync(work, { recursive: true, force: true })
console.log(`${cases} cases, ${failures} failed`)
process.exit(failures === 0 ? 0 : 1)
