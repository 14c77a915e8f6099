// The two moments at which a crash could leave the ledger ahead of a list (STA-2): the order is kept but was not recorded, and it is recorded but
// its answer was lost. After the restart the list says what was ordered, and the ledger agrees.
//   node orders.mjs BUILD_FOLDER
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SystemClient, Wallet, call, newKey, statusOrder } from './wallet.mjs'

const BIN = join(resolve(process.argv[2] ?? 'build/dev'), 'sealgate')
const port = Number(process.env.SEALGATE_CRASH_PORT ?? 18492)
const BASE = `http://localhost:${port}`
const work = mkdtempSync(join(tmpdir(), 'sealgate-orders-'))
const DIR = join(work, 'state')
const claims = JSON.parse(readFileSync(new URL('../../../conf/demo/claims.json', import.meta.url)))
let failures = 0
const check = (what, good, detail = '') => { if (!good) failures++; console.log(`${good ? 'ok' : 'FAILED'} ${what}${good ? '' : ` ${detail}`}`) }

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
const start = (env = {}) => { supervisor = spawn(BIN, ['run', '--dir', DIR], { stdio: 'ignore', env: { ...process.env, ...env } }) }
async function stop() {
  supervisor.kill('SIGTERM')
  await new Promise((r) => supervisor.once('exit', r))
}
async function ready() {
  for (let i = 0; i < 300; i++) {
    try { if ((await call('GET', `${BASE}/readyz`, { timeout: 1000 })).status === 200) return } catch { /* starting */ }
    await sleep(50)
  }
  throw new Error('never ready')
}
async function becomes(client, list, idx, value) {
  let answer
  for (let i = 0; i < 150; i++) {
    try {
      answer = await client.status(list, idx)
      if (answer.status === 401) client.token = undefined
      if (answer.json?.value === value) return true
    } catch { /* restarting */ }
    await sleep(100)
  }
  console.log(answer?.status, answer?.text)
  return false
}
const inFlight = (client, body) => client.api('POST', '/v1/status', body).then((a) => a, () => undefined)
const verified = () => spawnSync(BIN, ['ledger', 'verify', '--lists', '--dir', DIR], { encoding: 'utf8' })

execFileSync(BIN, ['init', '--demo', '--dir', DIR, '--listen', `127.0.0.1:${port}`], { stdio: 'ignore' })
start()
try {
  await ready()
  const client = new SystemClient(BASE, DIR)
  const wallet = new Wallet(BASE)
  await wallet.redeem(await client.offer(claims, 10))
  const answer = await wallet.request([newKey(), newKey(), newKey()])
  const entries = answer.json.credentials.map(({ credential: c }) => JSON.parse(Buffer.from(c.split('.')[1], 'base64url')).status.status_list)
  const order = (n, value) => statusOrder(client.key, client.id, entries[n].uri, entries[n].idx, value)

  // kept, not recorded: the signer stands still, then the gateway dies
  const signer = pidOf('sealgate-signer')
  process.kill(signer, 'SIGSTOP')
  const first = order(0, 1)
  const lost = inFlight(client, first)
  await sleep(500)
  const again = await client.api('POST', '/v1/status', first)
  check('the same order again is not decided yet', again.status === 202 && again.json.code === 'PENDING', again.text)
  const other = await client.api('POST', '/v1/status', order(0, 2))
  check('another order for the entry has to wait', other.status === 429, other.text)
  process.kill(pidOf('sealgate-gateway'), 'SIGKILL')
  await lost
  try { process.kill(signer, 'SIGCONT') } catch { /* the supervisor was quicker */ }
  await sleep(300)
  await ready()
  check('an order that was kept is recorded and applied after a crash', await becomes(client, entries[0].uri, entries[0].idx, 1))
  const replay = await client.api('POST', '/v1/status', first)
  check('and is known then', replay.json?.code === 'REPLAY', replay.text)

  // recorded, answer lost: the signer dies between its commit and its answer
  await stop()
  start({ SEALGATE_CRASH_AT: 'order-durable' })
  await ready()
  const unheard = await inFlight(client, order(1, 2))
  check('nobody heard the answer', unheard?.status !== 200, unheard?.text)
  // the supervisor starts it with the same crash point: another record would kill it again, a REPLAY does not
  await sleep(500)
  await ready()
  check('an order that was recorded is applied after a crash', await becomes(client, entries[1].uri, entries[1].idx, 2))
  await stop()
  start()
  await ready()
  check('after a suspension the entry can be made valid', (await client.api('POST', '/v1/status', order(1, 0))).status === 200)
  check('and a last order', (await client.api('POST', '/v1/status', order(2, 1))).status === 200)
  await sleep(4000)
  const run = verified()
  check('ledger and lists agree', run.status === 0, run.stdout + run.stderr)
} finally {
  await stop()
  rmSync(work, { recursive: true, force: true })
}
process.exit(failures === 0 ? 0 : 1)
