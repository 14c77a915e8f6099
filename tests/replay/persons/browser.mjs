/*
 * A browser as far as the account's endpoints are concerned: cookies, Origin, the CSRF token that its page would know, and a passkey device.
 *   const browser = new Browser(BASE)
 *   await browser.enrol(link, code); await browser.login(); await browser.post('/account/keys', {})
 */
import { execFileSync } from 'node:child_process'
import { call } from '../../crash/system/wallet.mjs'
import { Authenticator } from './authenticator.mjs'

export class Browser {
  constructor(base, { device, agent = 'Mozilla/5.0 (test) Firefox/140.0', origin } = {}) {
    Object.assign(this, { base, agent, origin: origin ?? new URL(base).origin, jar: new Map(), csrf: undefined })
    this.device = device ?? new Authenticator({ origin: new URL(base).origin })
  }
  cookie() { return [...this.jar].map(([k, v]) => `${k}=${v}`).join('; ') }
  take(answer) {
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [pair, ...attributes] = line.split('; ')
      const at = pair.indexOf('=')
      const name = pair.slice(0, at)
      if (attributes.includes('Max-Age=0')) this.jar.delete(name)
      else this.jar.set(name, pair.slice(at + 1))
    }
    if (answer.json?.csrf) this.csrf = answer.json.csrf
    return answer
  }
  /** One request as the page would send it; `over` replaces or, with undefined, removes headers. */
  async send(method, path, body, over = {}) {
    const headers = { 'user-agent': this.agent, accept: 'application/json', ...(this.jar.size > 0 && { cookie: this.cookie() }),
      ...(method !== 'GET' && { origin: this.origin, 'sec-fetch-site': 'same-origin', ...(this.csrf && { 'x-csrf-token': this.csrf }) }),
      ...(body !== undefined && { 'content-type': 'application/json' }), ...over }
    for (const [k, v] of Object.entries(headers)) if (v === undefined) delete headers[k]
    return this.take(await call(method, this.base + path, { headers, body: body === undefined ? undefined : JSON.stringify(body) }))
  }
  get(path, over) { return this.send('GET', path, undefined, over) }
  post(path, body = {}, over) { return this.send('POST', path, body, over) }

  async register(link, code, purpose, label) {
    const opened = await this.post('/account/enrol/open', { link, code, purpose })
    if (opened.status !== 200) throw new Error(`enrol/open ${purpose}: ${opened.status} ${opened.text}`)
    const credential = this.device.create(opened.json.publicKey)
    const made = await this.post('/account/enrol/finish', { session: opened.json.session, credential, ...(label && { label }) })
    if (made.status !== 200) throw new Error(`enrol/finish ${purpose}: ${made.status} ${made.text}`)
    return made.json
  }
  async enrol(link, code) {
    const sign = await this.register(link, code, 'sign', 'for signing')
    const login = await this.register(link, code, 'login', 'for logging in')
    return { sign, login }
  }
  /** The login of this device; `over` goes to the authenticator. */
  async login(over = {}, credential) {
    const options = await this.post('/account/login/options')
    if (options.status !== 200) return options
    const given = this.device.get(options.json.publicKey, { credential: credential ?? this.loginCredential(), ...over })
    return this.post('/account/login', { credential: given })
  }
  loginCredential() { return this.device.credentials.find((c) => c.purpose === 'login') ?? this.device.credentials[1] ?? this.device.credentials[0] }
}

/** Two demo operators approve an enrolment; link and code as the person gets them. */
export function invite(bin, dir, more = []) {
  const operator = (n) => ['--operator', `${dir}/operators/operator${n}.json`]
  const out = execFileSync(bin, ['person', 'enrol', '--dir', dir, '--keys', '20', '--json', ...more, ...operator(1), ...operator(2)], { stdio: ['ignore', 'pipe', 'ignore'] })
  const json = JSON.parse(out)
  return { person: json.person, link: json.link.split('/').at(-1), code: json.code }
}
