// A wallet and a system client in a few lines of node's own library, for programs that must also work without npm.
import { createECDH, createHash, createPrivateKey, randomBytes, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import http from 'node:http'

const b64u = (x) => Buffer.from(x).toString('base64url')
const now = () => Math.floor(Date.now() / 1000)
export const CONFIGURATION = 'employee_badge_sd_jwt'

/* By ECDH and not by generateKeyPairSync: node 20 can wait for itself for ever when its garbage collector meets such a job while a key is exported. */
export function newKey() {
  const pair = createECDH('prime256v1')
  const point = pair.generateKeys()
  const d = Buffer.concat([Buffer.alloc(32), pair.getPrivateKey()]).subarray(-32)
  const jwk = { kty: 'EC', crv: 'P-256', x: b64u(point.subarray(1, 33)), y: b64u(point.subarray(33)) }
  return { privateKey: createPrivateKey({ key: { ...jwk, d: b64u(d) }, format: 'jwk' }), jwk }
}

export function clientKey(dir, id = 'demo-client') {
  const jwk = JSON.parse(readFileSync(`${dir}/clients/${id}.json`))
  const { kty, crv, x, y, d } = jwk
  return { privateKey: createPrivateKey({ key: { kty, crv, x, y, d }, format: 'jwk' }), jwk: { kty, crv, x, y }, kid: jwk.kid }
}

export function jwt(key, header, payload) {
  const input = `${b64u(JSON.stringify({ alg: 'ES256', ...header }))}.${b64u(JSON.stringify(payload))}`
  return `${input}.${b64u(sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' }))}`
}

export const dpop = (key, method, url, token, nonce) =>
  jwt(key, { typ: 'dpop+jwt', jwk: key.jwk }, {
    jti: b64u(randomBytes(16)), htm: method, htu: url, iat: now(),
    ...(token && { ath: createHash('sha256').update(token).digest('base64url') }), ...(nonce && { nonce }),
  })

export const proof = (key, issuer, nonce) =>
  jwt(key, { typ: 'openid4vci-proof+jwt', jwk: key.jwk }, { aud: issuer, iat: now(), nonce })

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 })

/** One request; resolves { status, headers, text, json } and rejects when the connection breaks. */
export function call(method, url, { headers = {}, body, timeout = Number(process.env.SEALGATE_CALL_MS ?? 15000) } = {}) {
  return new Promise((resolve, reject) => {
    const u = new URL(url)
    const request = http.request({ agent, host: '127.0.0.1', port: u.port, method, path: u.pathname + u.search,
      headers: { host: u.host, ...headers, ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }) } }, (answer) => {
      const parts = []
      answer.on('data', (d) => parts.push(d))
      answer.on('error', reject)
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString()
        let json
        try { json = JSON.parse(text) } catch { json = undefined }
        resolve({ status: answer.statusCode, headers: answer.headers, text, json })
      })
    })
    request.setTimeout(timeout, () => request.destroy(new Error('no answer in time')))
    request.on('error', reject)
    request.end(body)
  })
}

const form = (o) => new URLSearchParams(o).toString()
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

export class SystemClient {
  constructor(base, dir, id = 'demo-client') { Object.assign(this, { base, id, key: clientKey(dir, id) }) }
  async signIn() {
    const url = `${this.base}/oid4vci/token`
    const assertion = jwt(this.key, { typ: 'JWT', kid: this.key.kid },
      { iss: this.id, sub: this.id, aud: this.base, iat: now(), exp: now() + 60, jti: b64u(randomBytes(16)) })
    const answer = await call('POST', url, { headers: { ...FORM, dpop: dpop(this.key, 'POST', url) }, body: form({
      grant_type: 'client_credentials', client_id: this.id,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: assertion }) })
    if (answer.status !== 200) throw new Error(`sign in: ${answer.status} ${answer.text}`)
    this.token = answer.json.access_token
  }
  async api(method, path, body) {
    if (!this.token) await this.signIn()
    const url = this.base + path
    const headers = { 'content-type': 'application/json', authorization: `DPoP ${this.token}`, dpop: dpop(this.key, method, url, this.token) }
    const answer = await call(method, url, { headers, body: body && JSON.stringify(body) })
    if (answer.status === 401) this.token = undefined
    return answer
  }
  /** What our own store says of an entry. */
  async status(list, idx) {
    if (!this.token) await this.signIn()
    const url = `${this.base}/v1/status`
    const query = new URLSearchParams({ list, idx: String(idx) })
    return call('GET', `${url}?${query}`, { headers: { authorization: `DPoP ${this.token}`, dpop: dpop(this.key, 'GET', url, this.token) } })
  }
  async offer(claims, count) {
    const answer = await this.api('POST', '/v1/offers', { configuration: CONFIGURATION, claims, count })
    if (answer.status !== 201) throw new Error(`offer: ${answer.status} ${answer.text}`)
    return answer.json.credential_offer.grants['urn:ietf:params:oauth:grant-type:pre-authorized_code']['pre-authorized_code']
  }
}

const head = (major, n) => n < 24 ? Buffer.from([major << 5 | n]) : n < 256 ? Buffer.from([major << 5 | 24, n])
  : n < 65536 ? Buffer.from([major << 5 | 25, n >> 8, n & 255]) : Buffer.from([major << 5 | 26, n >>> 24, n >>> 16 & 255, n >>> 8 & 255, n & 255])
const item = (major, bytes) => Buffer.concat([head(major, bytes.length), bytes])

/** A signed status order (docs/wire, "Status order"; STA-2) as POST /v1/status takes it. 0 valid, 1 revoked, 2 suspended. */
export function statusOrder(key, orderer, list, idx, value) {
  const members = [item(2, randomBytes(16)), item(3, Buffer.from(list)), head(0, idx), head(0, value), item(3, Buffer.from(orderer)), head(0, now())]
  const order = Buffer.concat([head(5, 6), ...members.map((m, i) => Buffer.concat([head(0, i + 1), m]))])
  const signature = sign('sha256', Buffer.concat([Buffer.from('sealgate/status-order/v1\0'), order]), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return { order: order.toString('base64url'), signature: signature.toString('base64url') }
}

export class Wallet {
  constructor(base) { Object.assign(this, { base, key: newKey() }) }
  async redeem(code, txCode) {
    const url = `${this.base}/oid4vci/token`
    const answer = await call('POST', url, { headers: { ...FORM, dpop: dpop(this.key, 'POST', url) }, body: form({
      grant_type: 'urn:ietf:params:oauth:grant-type:pre-authorized_code', 'pre-authorized_code': code, ...(txCode && { tx_code: txCode }) }) })
    if (answer.status !== 200) throw new Error(`token: ${answer.status} ${answer.text}`)
    this.token = answer.json.access_token
  }
  async nonce() {
    return (await call('POST', `${this.base}/oid4vci/nonce`)).json.c_nonce
  }
  /** One credential request with these holder keys; the raw answer. */
  async request(keys, nonce) {
    const url = `${this.base}/oid4vci/credential`
    nonce ??= await this.nonce()
    return call('POST', url, {
      headers: { 'content-type': 'application/json', authorization: `DPoP ${this.token}`, dpop: dpop(this.key, 'POST', url, this.token) },
      body: JSON.stringify({ credential_configuration_id: CONFIGURATION, proofs: { jwt: keys.map((k) => proof(k, this.base, nonce)) } }),
    })
  }
}
