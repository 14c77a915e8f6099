// Somebody who attests keys, known to the gateway before it starts: a root and a leaf by openssl, DIR/attesters/interop.json, and the configurations that ask for it. The leaf's key
// stays in DIR/clients for attested.test.mjs.
//   node attester.mjs DIR
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createPrivateKey } from 'node:crypto'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const dir = process.argv[2]
if (dir !== undefined) {
  const here = dirname(fileURLToPath(import.meta.url))
  const at = (name) => join(dir, 'clients', `attester-${name}`)
  const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'ignore'] })
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...ec, '-keyout', at('root.key'), '-out', at('root.pem'), '-subj', '/CN=Example attestation root', '-days', '2')
  openssl('req', '-new', ...ec, '-keyout', at('leaf.key'), '-out', at('leaf.csr'), '-subj', '/CN=wallets.example')
  writeFileSync(at('leaf.ext'), 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectAltName=DNS:wallets.example\n')
  openssl('x509', '-req', '-in', at('leaf.csr'), '-CA', at('root.pem'), '-CAkey', at('root.key'), '-CAcreateserial', '-days', '1', '-extfile', at('leaf.ext'), '-out', at('leaf.pem'))
  const der = (name) => readFileSync(at(name), 'utf8').replace(/-----[^-]*-----|\s/g, '')
  const jwk = createPrivateKey(readFileSync(at('leaf.key'))).export({ format: 'jwk' })
  mkdirSync(join(dir, 'attesters'), { recursive: true })
  writeFileSync(join(dir, 'attesters/interop.json'), JSON.stringify({ attester: 'https://wallets.example', roots: [der('root.pem')], names: ['wallets.example'] }))
  writeFileSync(at('leaf.json'), JSON.stringify({ jwk, x5c: [der('leaf.pem')] }), { mode: 0o600 })
  copyFileSync(join(here, '../replay/vci/attested_card.json'), join(dir, 'configurations/attested_card.json'))
}
