// TLS from the gateway's own settings (NET-1): a certificate under a private root, one whole issuance through it, the courier's question about our own
// list included; plain HTTP, old versions and weak ciphers get nothing; a courier that does not trust the root means no signature.
//   node tls.mjs BUILD_DIR
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const BIN = resolve(process.argv[2] ?? 'build/dev', 'sealgate')
const port = Number(process.env.SEALGATE_TLS_PORT ?? 18540)
const BASE = `https://localhost:${port}`
const work = mkdtempSync(join(tmpdir(), 'sealgate-tls-'))
const DIR = join(work, 'state')
let failures = 0
const holds = (what, good, seen) => { console.log(`${good ? 'ok' : 'FAILED'} ${what}${good ? '' : `: ${JSON.stringify(seen)?.slice(0, 600)}`}`); if (!good) failures++ }
const openssl = (...args) => spawnSync('openssl', args, { encoding: 'utf8', input: '', timeout: 10000 })

function certificates() {
  const at = (f) => join(work, f)
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '2', '-subj', '/CN=private root')
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('tls.key'), '-out', at('tls.csr'), '-subj', '/CN=localhost')
  writeFileSync(at('ext'), 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n')
  const made = openssl('x509', '-req', '-in', at('tls.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at('ext'), '-out', at('tls.pem'))
  if (made.status !== 0) throw new Error(made.stderr)
  for (const [from, to] of [['tls.pem', 'gateway/tls.pem'], ['tls.key', 'gateway/tls.key'], ['ca.pem', 'trust/tls-root.pem']]) writeFileSync(join(DIR, to), readFileSync(at(from)), { mode: 0o644 })
  return readFileSync(at('ca.pem'))
}
const get = (lib, url, options) => new Promise((r) => {
  const request = lib.get(url, { timeout: 3000, ...options }, (a) => { let text = ''; const protocol = a.socket.getProtocol?.(); a.on('data', (d) => { text += d }); a.on('end', () => r({ status: a.statusCode, headers: a.headers, text, protocol })) })
  request.on('timeout', () => request.destroy(new Error('timeout')))
  request.on('error', (e) => r({ status: 0, text: String(e.code ?? e.message) }))
})

let supervisor
async function start(ca) {
  supervisor = spawn(BIN, ['run', '--dir', DIR], { stdio: ['ignore', 'ignore', 'ignore'] })
  let last
  for (let i = 0; i < 100; i++) { last = await get(https, `${BASE}/readyz`, { ca }); if (last.status === 200) return last; await sleep(100) }
  return last
}
async function stop() {
  if (supervisor === undefined || supervisor.exitCode !== null) return
  const ended = new Promise((r) => supervisor.once('exit', r))
  supervisor.kill('SIGTERM')
  await ended
}

try {
  execFileSync(BIN, ['init', '--demo', '--dir', DIR, '--listen', `127.0.0.1:${port}`, '--public-url', BASE], { stdio: ['ignore', 'ignore', 'inherit'] })
  const ca = certificates()
  appendFileSync(join(DIR, 'conf/gateway.ini'), 'tls_cert = gateway/tls.pem\ntls_key = gateway/tls.key\n')

  const issue = (dir) => spawnSync(BIN, ['issue', '--dir', dir, '--configuration', 'employee_badge_sd_jwt', '--claims', 'conf/demo/claims.json', '--out', join(work, 'badge.txt')], { encoding: 'utf8', timeout: 30000 })

  // the courier knows the system's roots only: the keys' list cannot be fetched, so nothing is signed (SIG-2). The command has a folder of its own, which knows the root.
  await start(ca)
  const knowing = join(work, 'knowing')
  for (const part of ['conf', 'clients', 'trust', 'configurations']) cpSync(join(DIR, part), join(knowing, part), { recursive: true })
  appendFileSync(join(knowing, 'conf/courier.ini'), 'own_ca = trust/tls-root.pem\n')
  const without = issue(knowing)
  holds('a root that the courier does not trust means no status and no signature', without.status !== 0 && /status/.test(without.stderr) && !/SSL|certificate/.test(without.stderr), without.stdout + without.stderr)
  await stop()

  appendFileSync(join(DIR, 'conf/courier.ini'), 'own_ca = trust/tls-root.pem\n')
  const ready = await start(ca)
  holds('ready over TLS 1.3', ready.status === 200 && ready.protocol === 'TLSv1.3', ready)
  const made = issue(DIR)
  holds('a credential is issued over TLS, status asked over TLS', made.status === 0, made.stdout + made.stderr)
  const metadata = await get(https, `${BASE}/.well-known/openid-credential-issuer`, { ca })
  holds('every URL of the metadata is https', metadata.status === 200 && !metadata.text.includes('http://localhost'), metadata.text)
  const page = await get(https, `${BASE}/login`, { ca })
  holds('a page says that it is for https alone (RFC 6797)', page.status === 200 && page.headers?.['strict-transport-security'] === 'max-age=31536000', page.status)
  holds('TLS 1.2 is spoken', (await get(https, `${BASE}/healthz`, { ca, maxVersion: 'TLSv1.2' })).status === 200)
  holds('a client that does not know the root refuses', (await get(https, `${BASE}/healthz`)).status === 0)
  holds('plain HTTP gets no answer', (await get(http, `http://localhost:${port}/healthz`)).status !== 200)
  for (const [what, ...options] of [['TLS 1.1', '-tls1_1'], ['TLS 1.0', '-tls1'], ['CBC', '-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA@SECLEVEL=0'], ['RSA key exchange', '-tls1_2', '-cipher', 'AES128-GCM-SHA256@SECLEVEL=0']]) {
    const seen = openssl('s_client', '-connect', `localhost:${port}`, ...options)
    holds(`${what} is refused`, seen.status !== 0 && !/Cipher is (?!\(NONE\))/.test(seen.stdout), seen.stdout.slice(-300))
  }
} finally {
  await stop()
  rmSync(work, { recursive: true, force: true })
}
process.exit(failures === 0 ? 0 : 1)
