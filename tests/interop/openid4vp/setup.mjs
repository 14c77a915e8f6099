// Makes a verifier and tells a gateway's folder about it, before the gateway starts: setup.mjs STATE PORT
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { newIdentity, verifierFiles } from '../openid4vp_verifier.mjs'

const [state, port] = process.argv.slice(2)
const identity = await newIdentity(Number(port))
writeFileSync(join(state, '..', 'verifier.json'), JSON.stringify(identity), { mode: 0o600 })
for (const [name, content] of Object.entries(verifierFiles(identity))) {
  const path = join(state, name === 'verifiers.pem' ? 'trust/verifiers.pem' : name)
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  writeFileSync(path, content)
}
appendFileSync(join(state, 'conf/gateway.ini'), '\nverifier_trust = trust/verifiers.pem\n')
