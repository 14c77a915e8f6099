// A browser as a person has it: Debian's chromium over CDP, with passkeys in a virtual authenticator; it notes what no page may do.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

export const BASE = process.env.SEALGATE_BASE ?? 'http://localhost:8080'
const SHOTS = process.env.SEALGATE_SCREENSHOTS ?? 'build/pages'
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update', '--no-first-run']

export const launch = () => chromium.launch({ executablePath: process.env.SEALGATE_CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS })

/** A person at a browser: { page, context, cdp, authenticator, broken }. `broken` collects breaches of the policy, errors of the script, foreign requests. */
export async function person(browser, { locale = 'en-GB', width = 1280, dark = false } = {}) {
  const context = await browser.newContext({
    locale, viewport: { width, height: width < 600 ? 844 : 900 }, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce', isMobile: width < 600, hasTouch: width < 600,
  })
  const page = await context.newPage()
  const broken = []
  page.on('console', (m) => {
    const text = m.text()
    if (/Content.Security.Policy|Trusted ?Type|Refused to|violates/i.test(text)) broken.push(`policy: ${text}`)
  })
  page.on('pageerror', (e) => broken.push(`script: ${e.message}`))
  page.on('request', (r) => {
    if (!r.url().startsWith(BASE + '/')) broken.push(`foreign request: ${r.url()}`)
  })
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (e) => console.error(`violates Content Security Policy: ${e.violatedDirective} ${e.blockedURI}`))
  })
  const cdp = await context.newCDPSession(page)
  await cdp.send('WebAuthn.enable', { enableUI: false })
  const me = { page, context, cdp, broken, authenticators: [] }
  await device(me)
  return me
}

/** A further device of the same person; the one before rests. */
export async function device(me) {
  for (const authenticatorId of me.authenticators) {
    await me.cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: false })
  }
  const { authenticatorId } = await me.cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: me.authenticators.length === 0 ? 'internal' : 'usb', hasResidentKey: true,
      hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true,
    },
  })
  me.authenticators.push(authenticatorId)
  return authenticatorId
}
/** Which device answers from now on. */
export async function use(me, which) {
  for (const authenticatorId of me.authenticators) {
    await me.cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: authenticatorId === which })
  }
}

export async function shot(me, name) {
  mkdirSync(SHOTS, { recursive: true })
  await me.page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true })
}

/** Goes there; the answer's headers are those of a page for people. */
export async function open(me, path) {
  const answer = await me.page.goto(path.startsWith('http') ? path : BASE + path)
  return { status: answer.status(), headers: answer.headers() }
}

/** Faults of the page that stands there: what a screen reader or a keyboard needs (by hand, after WCAG 2.2 and axe's rules). */
export const faults = (me) => me.page.evaluate(() => {
  const found = []
  const visible = (e) => e.getClientRects().length > 0
  const all = (selector) => [...document.querySelectorAll(selector)]
  const name = (e) => (e.getAttribute('aria-label') ?? '') || (e.labels?.[0]?.textContent ?? '') || e.textContent || (e.getAttribute('aria-labelledby') && document.getElementById(e.getAttribute('aria-labelledby'))?.textContent) || ''
  if (!['en', 'ja'].includes(document.documentElement.lang)) found.push('html without lang')
  if (!document.title) found.push('no title')
  if (all('h1').filter(visible).length !== 1) found.push('not one h1')
  for (const one of ['main', 'header', 'footer', 'nav']) if (all(one).length === 0) found.push(`no ${one}`)
  for (const nav of all('nav')) if (!nav.getAttribute('aria-label')) found.push('nav without a name')
  for (const field of all('input:not([type=hidden]),select,textarea')) if (!name(field).trim() && field.labels.length === 0) found.push(`no label: ${field.outerHTML}`)
  for (const act of all('button,a[href]').filter(visible)) if (!name(act).trim() && !act.querySelector('img[alt]:not([alt=""])')) found.push(`no name: ${act.outerHTML}`)
  for (const image of all('img')) if (!image.hasAttribute('alt')) found.push('img without alt')
  const ids = all('[id]').map((e) => e.id)
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push(`id twice: ${id}`)
  for (const e of all('[aria-labelledby],[aria-describedby]')) {
    for (const id of `${e.getAttribute('aria-labelledby') ?? ''} ${e.getAttribute('aria-describedby') ?? ''}`.split(' ')) if (id && !document.getElementById(id)) found.push(`no ${id}`)
  }
  let level = 1
  for (const h of all('h1,h2,h3,h4').filter(visible)) {
    const n = Number(h.tagName[1])
    if (n > level + 1) found.push(`${h.tagName} after h${level}`)
    level = n
  }
  if (document.documentElement.scrollWidth > window.innerWidth + 1) found.push(`wider than the window: ${document.documentElement.scrollWidth} > ${window.innerWidth}`)
  // contrast of text against the colour behind it: 4.5, or 3 for large letters
  const channel = (c) => (c <= 10.31475 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4)
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
  const colour = (text) => text.match(/[\d.]+/g).map(Number)
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = colour(getComputedStyle(e).backgroundColor)
      if (c.length < 4 || c[3] === 1) return c
    }
    return colour(getComputedStyle(document.body).backgroundColor)
  }
  for (const e of all('body *').filter(visible)) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue
    if (e.closest('[disabled],[aria-disabled=true]')) continue
    const style = getComputedStyle(e)
    const [a, b] = [light(colour(style.color)), light(behind(e))].sort((x, y) => y - x)
    const ratio = (a + 0.05) / (b + 0.05)
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700)
    if (ratio < (large ? 3 : 4.5)) found.push(`contrast ${ratio.toFixed(2)}: ${e.textContent.trim().slice(0, 40)}`)
  }
  return found
})

/** The elements that Tab reaches on a page just loaded, in order, by id or text. */
export async function tabOrder(me, most = 40) {
  const order = []
  for (let i = 0; i < most; i++) {
    await me.page.keyboard.press('Tab')
    const at = await me.page.evaluate(() => {
      const e = document.activeElement
      return e === document.body ? '' : e.id || e.textContent.trim().slice(0, 30)
    })
    if (at === '' || (order.length > 0 && at === order[0])) break
    order.push(at)
  }
  return order
}
