// Order and durability (SIG-5, EV-1, OPS-2): processes are killed with SIGKILL at random moments, and signer and gateway at named points,
// while wallets fetch credentials. Whatever a wallet received must have durable consent and outcome records; no index is used twice; the
// ledger verifies; after each kill the service is ready again within two seconds.
//   node kill.mjs BUILD_FOLDER [KILLS] [SEED]
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SystemClient, Wallet, call, newKey, statusOrder } from './wallet.mjs'

const build = resolve(process.argv[2] ?? 'build/dev')
const kills = Number(process.argv[3] ?? 300)
let seed = Number(process.argv[4] ?? Date.now() % 1e9)
const port = Number(process.env.SEALGATE_CRASH_PORT ?? 18490)
const BASE = `http://localhost:${port}`
const BIN = join(build, 'sealgate')
const work = mkdtempSync(join(tmpdir(), 'sealgate-kill-'))
const DIR = join(work, 'state')
const claims = JSON.parse(readFileSync('conf/demo/claims.json'))
console.log(`seed ${seed}, ${kills} kills`)

const random = () => { // mulberry32: the same kills for the same seed
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}
const problems = []
const problem = (text) => { problems.push(text); console.log(`PROBLEM ${text}`) }

function pidOf(program) {
  for (const entry of readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(entry)) continue
    try {
      const [name, ...args] = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0')
      if (name.endsWith(`/${program}`) && args.includes(DIR)) return Number(entry)
    } catch { /* gone */ }
  }
  return undefined
}

let supervisor
const startRun = (env = {}) => {
  supervisor = spawn(BIN, ['run', '--dir', DIR], { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } })
}
async function ready(limitMs) {
  const began = Date.now()
  while (Date.now() - began < limitMs) {
    try { if ((await call('GET', `${BASE}/readyz`, { timeout: 1000 })).status === 200) return Date.now() - began } catch { /* starting */ }
    await sleep(15)
  }
  return undefined
}

// ---- load: wallets that never stop asking --------------------------------------------------------
const received = []
let asked = 0
let running = true
async function walletMain(client) {
  let wallet
  while (running) {
    try {
      if (!wallet) {
        wallet = new Wallet(BASE)
        await wallet.redeem(await client.offer(claims, 1000))
      }
      asked++
      const answer = await wallet.request([newKey()])
      if (answer.status === 200) received.push(answer.json.credentials[0].credential)
      else if (answer.status === 503) await sleep(20)
      else if (answer.status === 401 || answer.status === 403) wallet = undefined
      else if (!['invalid_nonce', 'invalid_proof'].includes(answer.json?.error)) problem(`unexpected answer ${answer.status} ${answer.text}`)
    } catch {
      await sleep(20) // the connection broke: somebody was killed
    }
  }
}

// ---- orders: credentials suspended, made valid, revoked; each order is repeated until somebody says what became of it -----
const statusOf = (c) => JSON.parse(Buffer.from(c.split('.')[1], 'base64url')).status.status_list
const decided = new Map() // "uri idx" -> the value of the last order that is known to be decided
let ordered = 0
async function decide(client, uri, idx, value) {
  const body = statusOrder(client.key, client.id, uri, idx, value)
  while (running) {
    try {
      const answer = await client.api('POST', '/v1/status', body)
      if (answer.status === 200 || answer.json?.code === 'REPLAY') { ordered++; decided.set(`${uri} ${idx}`, value); return true }
      if (![202, 401, 429, 503].includes(answer.status)) { problem(`order refused: ${answer.status} ${answer.text}`); return false }
      await sleep(20)
    } catch { await sleep(20) }
  }
  decided.delete(`${uri} ${idx}`) // the end came first: it may stand either way
  return false
}
async function ordererMain(client, n) {
  for (let i = n; running; i += 2) {
    if (i >= received.length) { i -= 2; await sleep(20); continue }
    const { uri, idx } = statusOf(received[i])
    const steps = i % 3 === 0 ? [2, 0, 2] : i % 3 === 1 ? [1] : [2, 1]
    for (const value of steps) if (!(await decide(client, uri, idx, value))) break
  }
}

execFileSync(BIN, ['init', '--demo', '--dir', DIR, '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'ignore', 'inherit'] })
startRun()
if ((await ready(10000)) === undefined) { console.log('the gateway never became ready'); process.exit(1) }
const client = new SystemClient(BASE, DIR)
const wallets = Array.from({ length: 6 }, () => walletMain(client))
const orderers = [0, 1].map((n) => ordererMain(new SystemClient(BASE, DIR), n))

const recoveries = []
async function recovered(what) {
  const took = await ready(8000)
  if (took === undefined) { problem(`not ready 8 s after ${what}`); return }
  recoveries.push(took)
  if (took > 2000) problem(`ready only ${took} ms after ${what}`)
}

const victims = ['sealgate-signer', 'sealgate-gateway', 'sealgate-courier']
for (let i = 0; i < kills && problems.length < 20; i++) {
  await sleep(random() * 350)
  const victim = victims[Math.floor(random() * victims.length)]
  const pid = pidOf(victim)
  if (pid === undefined) { await recovered('a process was missing'); continue }
  try { process.kill(pid, 'SIGKILL') } catch { continue }
  while (pidOf(victim) === pid) await sleep(2)
  await recovered(`killing ${victim}`)
  if (i % 50 === 49) console.log(`${i + 1} kills, ${received.length} credentials received of ${asked} asked`)
}

// ---- named points: the process kills itself exactly there ----------------------------------------
const points = (process.env.SEALGATE_CRASH_POINTS ?? '').split(' ').filter(Boolean)
for (const point of points) {
  supervisor.kill('SIGTERM')
  await new Promise((r) => supervisor.once('exit', r))
  startRun({ SEALGATE_CRASH_AT: point })
  const before = received.length
  await sleep(1500) // it dies as soon as a wallet brings it there, and is started again with the same order
  supervisor.kill('SIGKILL')
  for (const v of victims) { const pid = pidOf(v); if (pid) try { process.kill(pid, 'SIGKILL') } catch { /* gone */ } }
  await sleep(100)
  startRun()
  await recovered(`crash point ${point}`)
  console.log(`point ${point}: ${received.length - before} received around it`)
}
await sleep(1000)
running = false
await Promise.all([...wallets, ...orderers])

// ---- what must hold -------------------------------------------------------------------------------
const payloadOf = (c) => JSON.parse(Buffer.from(c.split('.')[1], 'base64url'))
const seen = new Map()
for (const c of received) {
  const { uri, idx } = payloadOf(c).status.status_list
  const key = `${uri}#${idx}`
  if (seen.has(key)) problem(`index used twice: ${key}`)
  seen.set(key, c)
}
await sleep(1500) // the publisher integrates within a second
let checked = 0
for (const c of received) {
  const answer = await call('POST', `${BASE}/evidence/lookup`, { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ object: c }) })
  if (answer.status !== 200) { problem(`no evidence for a received credential: ${answer.status} ${answer.text.slice(0, 200)}`); if (problems.length > 20) break; continue }
  if (checked++ % 97 === 0) {
    writeFileSync(join(work, 'c.txt'), c)
    writeFileSync(join(work, 'e.json'), answer.text)
    const run = spawnSync(BIN, ['evidence', 'verify', join(work, 'e.json'), '--object', join(work, 'c.txt'), '--dir', DIR], { encoding: 'utf8' })
    if (run.status !== 0) problem(`evidence does not verify: ${run.stdout}${run.stderr}`)
  }
}
for (const [entry, value] of decided) { // STA-2: what was acknowledged stands in the list, and the last order wins
  const [uri, idx] = entry.split(' ')
  const answer = await client.status(uri, idx)
  if (answer.status !== 200 || answer.json.value !== value) { problem(`ordered ${value} for ${entry}: ${answer.status} ${answer.text}`); if (problems.length > 20) break }
}
console.log(`${ordered} orders decided, of ${decided.size} entries`)
if (ordered < kills / 2) problem('too few orders to mean anything')
await sleep(2500) // a changed list is published within two seconds
const verify = spawnSync(BIN, ['ledger', 'verify', '--lists', '--dir', DIR], { encoding: 'utf8' })
console.log(verify.stdout.trim().split('\n').slice(-3).join('\n'))
if (verify.status !== 0) problem(`ledger verify: ${verify.stdout}${verify.stderr}`)
supervisor.kill('SIGTERM')
await new Promise((r) => supervisor.once('exit', r))

recoveries.sort((a, b) => a - b)
console.log(`${received.length} credentials received of ${asked} asked, ${checked} with evidence, all indexes different: ${seen.size === received.length}`)
console.log(`ready again after a kill: median ${recoveries[recoveries.length >> 1]} ms, worst ${recoveries.at(-1)} ms, ${recoveries.length} times`)
if (problems.length === 0 && received.length < kills) problem('the load was too thin to mean anything')
if (problems.length === 0) rmSync(work, { recursive: true, force: true })
else console.log(`${problems.length} problems; state kept in ${work}`)
process.exit(problems.length === 0 ? 0 : 1)
