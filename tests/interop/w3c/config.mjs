// What w3c.sh needs besides a shell.
//   config.mjs configurations FOLDER LABEL     ids of the configurations that a seal key signs
//   config.mjs local KEYS BASE                 localConfig.cjs of the suites: one issuer per key and cryptosuite
//   config.mjs contexts FOLDER                 adds https://www.w3.org/ns/credentials/examples/v2, which is no part of the program
//   config.mjs wait CONFIG CA                  until each issuer of localConfig.cjs issues; exit 1 after 30 s
//   config.mjs report NAME FILE                "NAME: n passed, n failed, n skipped" and what failed; exit 1 when something did
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const [command, ...args] = process.argv.slice(2)

// ---- did:key, written from W3C CID 2.2.2 and the did:key method: multicodec prefix and compressed point in base58btc ----
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
function base58(bytes) {
  let n = BigInt('0x' + (Buffer.from(bytes).toString('hex') || '0'))
  let text = ''
  for (; n > 0n; n /= 58n) text = ALPHABET[Number(n % 58n)] + text
  return '1'.repeat(bytes.findIndex((b) => b !== 0)) + text
}
const PREFIX = { Ed25519: [0xed, 0x01], 'P-256': [0x80, 0x24], 'P-384': [0x81, 0x24] }
function didKey({ crv, x, y }) {
  const point = Buffer.from(x, 'base64url')
  const odd = y && Buffer.from(y, 'base64url').at(-1) & 1
  return `did:key:z${base58(Buffer.concat([Buffer.from(PREFIX[crv]), y ? Buffer.from([2 + odd]) : Buffer.alloc(0), point]))}`
}

function configurations(folder, label) {
  for (const file of readdirSync(folder).filter((f) => f.endsWith('.json'))) {
    const template = JSON.parse(readFileSync(join(folder, file)))
    for (const entry of template.formats) if ((entry.seal_key ?? template.sealgate.seal_key) === label) console.log(entry.id)
  }
}

function local(keysFile, base) {
  const keys = JSON.parse(readFileSync(keysFile)).keys
  const did = (label) => didKey(keys.find((k) => k.label === label).jwk)
  const vc = ['1.1', '2.0']
  const issuer = (key, id, tags, more = {}) => ({ id: did(key), endpoint: `${base}/vc-api/${id}/credentials/issue`, supports: { vc }, tags, ...more })
  const ecdsa = (...types) => ({ supportedEcdsaKeyTypes: types })
  const all = ['eddsa-rdfc-2022', 'eddsa-jcs-2022', 'ecdsa-rdfc-2019', 'ecdsa-jcs-2019', 'ecdsa-sd-2023', 'vc2.0', 'BitstringStatusList']
  const config = {
    settings: { enableInteropTests: false, testAllImplementations: false },
    implementations: [{
      name: 'sealgate', implementation: 'sealgate, local',
      issuers: [
        issuer('w3c-ed25519', 'w3c_ed25519', ['eddsa-rdfc-2022']),
        issuer('w3c-ed25519', 'w3c_ed25519_status', ['BitstringStatusList']),
        issuer('w3c-ed25519', 'w3c_ed25519_jcs', ['eddsa-jcs-2022', 'vc2.0']), // RDF has no place for @direction (Data Integrity 2.4.3: data loss), JCS has
        issuer('w3c-p256', 'w3c_p256', ['ecdsa-rdfc-2019'], ecdsa('P-256')),
        issuer('w3c-p384', 'w3c_p384', ['ecdsa-rdfc-2019'], ecdsa('P-384')),
        issuer('w3c-p256', 'w3c_p256_jcs', ['ecdsa-jcs-2019'], ecdsa('P-256')),
        issuer('w3c-p384', 'w3c_p384_jcs', ['ecdsa-jcs-2019'], ecdsa('P-384')),
        issuer('w3c-p256', 'w3c_p256_sd', ['ecdsa-sd-2023'], ecdsa('P-256')),
      ],
      verifiers: [{ id: did('w3c-ed25519'), endpoint: `${base}/vc-api/credentials/verify`, supports: { vc }, tags: all, ...ecdsa('P-256', 'P-384') }],
      vpVerifiers: [{ id: did('w3c-ed25519'), endpoint: `${base}/vc-api/presentations/verify`, tags: ['vc2.0'] }],
      vcHolders: [{ id: did('w3c-ed25519'), endpoint: `${base}/vc-api/w3c_p256_sd/credentials/derive`, supports: { vc }, tags: ['vcHolder', 'ecdsa-sd-2023'], ...ecdsa('P-256') }],
      'jose-cose': { features: { credential_jose: true, credential_cose: true, credential_sdjwt: true, presentation_jose: true, presentation_cose: true, presentation_sdjwt: true } },
    }],
  }
  console.log(`module.exports = ${JSON.stringify(config, null, 2)}`)
}

// It only sets @vocab: every term is defined by it, which is for examples and tests alone (VCDM 2.0 B.2).
function contexts(folder) {
  const index = join(folder, 'index.json')
  const text = '{"@context":{"@vocab":"https://www.w3.org/ns/credentials/examples#"}}\n'
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'w3c-examples-v2.json'), text, { mode: 0o644 })
  const known = existsSync(index) ? JSON.parse(readFileSync(index)) : {}
  known['https://www.w3.org/ns/credentials/examples/v2'] = { file: 'w3c-examples-v2.json', sha256: createHash('sha256').update(text).digest('hex') }
  writeFileSync(index, JSON.stringify(known, null, 2), { mode: 0o644 })
}

function report(name, file) {
  let result
  try { result = JSON.parse(readFileSync(file)) } catch (e) { console.log(`${name}: no result (${e.message})`); process.exit(1) }
  const { passes, failures, pending } = result.stats
  for (const test of result.failures) console.log(`  ${name} FAILED: ${test.fullTitle}\n    ${String(test.err?.message ?? '').split('\n')[0].slice(0, 200)}`)
  console.log(`${name}: ${passes} passed, ${failures} failed, ${pending} skipped`)
  process.exit(failures === 0 && passes > 0 ? 0 : 1)
}

const post = (url, ca, body) => new Promise((resolve) => {
  const request = https.request(url, { method: 'POST', ca, headers: { 'content-type': 'application/json' } }, (answer) => {
    let text = ''
    answer.on('data', (d) => { text += d })
    answer.on('end', () => resolve({ status: answer.statusCode, text }))
  })
  request.on('error', (e) => resolve({ status: 0, text: String(e) }))
  request.end(JSON.stringify(body))
})

async function wait(configFile, caFile) {
  const config = createRequire(import.meta.url)(configFile)
  const ca = readFileSync(caFile)
  for (const { id, endpoint } of config.implementations[0].issuers) {
    let last
    for (let i = 0; i < 100 && last?.status !== 201; i++) {
      if (last) await sleep(300)
      last = await post(endpoint, ca, { credential: { '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiableCredential'], issuer: id, credentialSubject: { id: 'urn:a' } } })
    }
    if (last.status !== 201) { console.log(`${endpoint}: ${last.status} ${last.text}`); process.exit(1) }
  }
}

const commands = { configurations, contexts, local, report, wait }
await commands[command](...args)
