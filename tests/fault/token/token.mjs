// The token goes away and comes back (KEY-1, OPS-2): readiness turns false, signing is refused with 503, then both recover without a restart.
// A wrong PIN is tried once, reported, and not tried again by itself.   node token.mjs BUILD_FOLDER
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SystemClient, Wallet, call, newKey } from '../../crash/system/wallet.mjs'

const build = resolve(process.env.SEALGATE_BUILD ?? 'build/dev')
const port = Number(process.env.SEALGATE_TOKEN_PORT ?? 18460)
const BASE = `http://localhost:${port}`
const BIN = join(build, 'sealgate')
const work = mkdtempSync(join(tmpdir(), 'sealgate-token-'))
const DIR = join(work, 'state')
const claims = JSON.parse(readFileSync('conf/demo/claims.json'))
let supervisor
let log = ''

const ready = async () => { try { return (await call('GET', `${BASE}/readyz`, { timeout: 2000 })).status } catch { return 0 } }
async function until(what, wanted, limitMs) {
  const began = Date.now()
  for (;;) {
    const status = await ready()
    if (status === wanted) return Date.now() - began
    assert.ok(Date.now() - began < limitMs, `${what}: readyz stayed ${status}`)
    await sleep(50)
  }
}
const pids = () => readdirSync('/proc').filter((e) => /^[0-9]+$/.test(e)).filter((e) => {
  try { const [name, ...args] = readFileSync(`/proc/${e}/cmdline`, 'utf8').split('\0'); return name.endsWith('/sealgate-signer') && args.includes(DIR) } catch { return false }
})
const logs = () => log + (existsSync(join(DIR, 'run')) ? readdirSync(join(DIR, 'run')).filter((f) => f.endsWith('.log')).map((f) => readFileSync(join(DIR, 'run', f), 'utf8')).join('') : '')
function start() {
  log = ''
  supervisor = spawn(BIN, ['run', '--dir', DIR], { stdio: ['ignore', 'pipe', 'pipe'] })
  for (const s of [supervisor.stdout, supervisor.stderr]) s.on('data', (d) => { log += d })
}
// Ends the supervisor it found. The deadline belongs to that process alone: a timer left over from one stop must not end the next life.
async function stop() {
  const mine = supervisor
  if (!mine || mine.exitCode !== null || mine.signalCode !== null) return
  const ended = new Promise((r) => mine.once('exit', r))
  const deadline = setTimeout(() => mine.kill('SIGKILL'), 10000)
  mine.kill('SIGTERM')
  await ended
  clearTimeout(deadline)
  assert.equal(mine.signalCode, null, 'the supervisor did not stop within ten seconds')
}
async function wallet() {
  const w = new Wallet(BASE)
  await w.redeem(await new SystemClient(BASE, DIR).offer(claims, 100))
  return w
}

before(async () => {
  execFileSync(BIN, ['init', '--demo', '--dir', DIR, '--listen', `127.0.0.1:${port}`], { stdio: 'ignore' })
  start()
  await until('start', 200, 10000)
})
after(async () => { await stop(); rmSync(work, { recursive: true, force: true }) })

test('the token directory moves away and back: 503 meanwhile, recovery without restart', async () => {
  const w = await wallet()
  const signer = pids()
  assert.equal((await w.request([newKey()])).status, 200)
  const token = join(DIR, 'signer', 'token')
  renameSync(token, `${token}.away`)
  let refused
  for (let i = 0; i < 100 && !refused; i++) {
    const answer = await w.request([newKey()])
    if (answer.status !== 200) refused = answer
    else await sleep(50)
  }
  assert.ok(refused, 'signing went on without a token')
  assert.equal(refused.status, 503)
  assert.ok(refused.headers['retry-after'])
  await until('token away', 503, 5000)
  assert.equal((await w.request([newKey()])).status, 503)
  renameSync(`${token}.away`, token)
  const took = await until('token back', 200, 30000)
  console.log(`ready ${took} ms after the token returned`)
  assert.equal((await w.request([newKey()])).status, 200)
  assert.deepEqual(pids(), signer, 'the signer was restarted')
})

test('a wrong PIN is tried once, reported, never retried by itself', async () => {
  await stop()
  const file = join(DIR, 'signer', 'pin')
  const pin = readFileSync(file)
  writeFileSync(file, 'not-the-pin-at-all')
  start()
  await sleep(6000)
  assert.notEqual(await ready(), 200)
  const said = logs().split('\n').filter((l) => /pin/i.test(l))
  assert.ok(said.length >= 1, `nothing was said about the PIN: ${logs().slice(-500)}`)
  const tried = logs().split('\n').filter((l) => /CKR_PIN_INCORRECT|0xa0|rv=160|PIN was refused|PIN is wrong/i.test(l))
  assert.ok(tried.length <= 1, `tried more than once: ${tried.join('\n')}`)
  await stop()
  start() // the same PIN again: known, not tried
  await sleep(2500)
  assert.notEqual(await ready(), 200)
  assert.match(logs(), /refused before; it was not tried/)
  await stop()
  writeFileSync(file, 'another-wrong-pin') // a person's word: tried once, although the token remembers the first
  start()
  await sleep(2500)
  assert.match(logs(), /the token refused the PIN/)
  assert.equal(readFileSync(join(DIR, 'signer', 'pin.refused')).length, 48)
  await stop()
  writeFileSync(file, pin)
  start()
  await until('right PIN again', 200, 10000)
  assert.ok(!existsSync(join(DIR, 'signer', 'pin.refused')))
  assert.equal((await (await wallet()).request([newKey()])).status, 200)
})
