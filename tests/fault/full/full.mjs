// The disk is full (SIG-5, OPS-2): nothing is signed that cannot be recorded, and what was received before stays on record; with room again the
// service recovers by itself and the ledger verifies.   node --test full.mjs   (needs the right to mount a tmpfs; says SKIPPED otherwise)
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import assert from 'node:assert/strict'
import test from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SystemClient, Wallet, call, newKey } from '../../crash/system/wallet.mjs'

const build = resolve(process.env.SEALGATE_BUILD ?? 'build/dev')
const port = Number(process.env.SEALGATE_FULL_PORT ?? 18465)
const BASE = `http://localhost:${port}`
const BIN = join(build, 'sealgate')
const claims = JSON.parse(readFileSync('conf/demo/claims.json'))
const ready = async () => { try { return (await call('GET', `${BASE}/readyz`, { timeout: 2000 })).status } catch { return 0 } }

async function until(what, wanted, limitMs) {
  const began = Date.now()
  for (let status; (status = await ready()) !== wanted; await sleep(50)) assert.ok(Date.now() - began < limitMs, `${what}: readyz stayed ${status}`)
}

function fill(path) {
  const fd = openSync(path, 'w')
  for (let size = 1 << 20; size >= 1; size = size > 1 ? size >> 1 : 0) {
    try { for (;;) if (writeSync(fd, Buffer.alloc(size, 1)) < size) break } catch (e) { assert.equal(e.code, 'ENOSPC') }
  }
  closeSync(fd)
}

// 24m: always nearly full, so that the logs have no room ahead (conf/vfs) and each batch is refused before it signs. 160m: full from one moment to the
// next, with some room left inside the logs that ends anywhere; then the signer may have to start again, which is allowed its two seconds.
for (const [size, limitMs] of [['24m', 0], ['160m', 2000]]) test(`a full disk signs nothing; with room again all goes on: ${size}`, async (t) => {
  const work = mkdtempSync(join(tmpdir(), 'sealgate-full-'))
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'none', work]).status !== 0) { t.skip('SKIPPED: no right to mount a tmpfs'); return }
  const dir = join(work, 'state')
  let run
  try {
    execFileSync(BIN, ['init', '--demo', '--dir', dir, '--listen', `127.0.0.1:${port}`], { stdio: 'ignore' })
    run = spawn(BIN, ['run', '--dir', dir], { stdio: ['ignore', 'ignore', process.env.SEALGATE_FULL_LOG ? 'inherit' : 'ignore'] })
    await until('start', 200, 15000)
    const wallet = new Wallet(BASE)
    await wallet.redeem(await new SystemClient(BASE, dir).offer(claims, 1000))
    const received = []
    let down = 0 // connections that broke or waited in vain: the processes are being started again
    const ask = async () => {
      try {
        const answer = await wallet.request([newKey()])
        if (answer.status === 200) received.push(answer.json.credentials[0].credential)
        return answer.status
      } catch { down++; return 0 }
    }
    assert.equal(await ask(), 200)
    for (let round = 0; round < 3; round++) {
      fill(join(work, 'fill'))
      let refused = 0
      for (let i = 0; i < 200 && refused < 5 && down < 2 * (round + 1); i++) { // there may be room left inside files that exist
        const status = await ask()
        assert.ok([200, 503, 500, 401, 400, 0].includes(status), `answered ${status}`)
        if (status !== 200) { refused++; await sleep(20) }
      }
      assert.ok(refused > 0, 'signing went on without room for a record')
      unlinkSync(join(work, 'fill'))
      await until('room again', 200, 20000)
      const again = new Wallet(BASE)
      await again.redeem(await new SystemClient(BASE, dir).offer(claims, 1000))
      Object.assign(wallet, again)
      let status = await ask() // started again, it refuses until it knows the seal key's status
      for (const began = Date.now(); status === 503 && Date.now() - began < limitMs; status = await ask()) await sleep(50)
      assert.equal(status, 200)
      if (limitMs === 0) assert.equal(down, 0, 'a process went away')
    }
    await sleep(1500)
    for (const object of received) {
      const answer = await call('POST', `${BASE}/evidence/lookup`, { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ object }) })
      assert.equal(answer.status, 200, `no evidence for a received credential: ${answer.text.slice(0, 200)}`)
    }
    const verify = spawnSync(BIN, ['ledger', 'verify', '--lists', '--dir', dir], { encoding: 'utf8' })
    assert.equal(verify.status, 0, verify.stdout + verify.stderr)
    console.log(`${received.length} received`)
  } finally {
    if (run) { run.kill('SIGTERM'); await Promise.race([new Promise((r) => run.once('exit', r)), sleep(15000, undefined, { ref: false })]); run.kill('SIGKILL') }
    spawnSync('umount', ['-l', work])
    rmSync(work, { recursive: true, force: true })
  }
})
