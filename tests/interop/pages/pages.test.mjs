// A newcomer plays the whole story in Chromium: enrol, receive a badge, show it, refuse, add a passkey, in both languages. What is seen is compared with what
// the service says as JSON, and with what the passkey signs over (req: AU-2, AU-3, AU-4, AU-6, EV-2, OPS-1).
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { decode } from 'cbor2'
import { BASE, device, faults, launch, open, person, shot, tabOrder, use } from './browser.mjs'

const BIN = process.env.SEALGATE_BIN ?? 'build/release/sealgate'
const DIR = process.env.SEALGATE_DIR ?? 'var/demo'
const sealgate = (...args) => execFileSync(BIN, [...args, '--dir', DIR], { encoding: 'utf8' })
const sha256 = (...parts) => parts.reduce((h, p) => h.update(p), createHash('sha256')).digest()
const WAIT = { timeout: 20000 }

let browser, me, enrolment
before(async () => {
  browser = await launch()
  me = await person(browser)
})
after(async () => browser?.close())

/** Two demo operators approve a new holder: { person, link, code }. */
const enrol = () => JSON.parse(sealgate('person', 'enrol', '--keys', '20', '--json', '--operator', `${DIR}/operators/operator1.json`, '--operator', `${DIR}/operators/operator2.json`))
const text = (selector) => me.page.textContent(selector)
const said = async (selector) => {
  await me.page.waitForFunction((s) => document.querySelector(s)?.textContent.trim(), selector, WAIT)
  return (await text(selector)).trim()
}
/** No page of ours may break its own policy, ask others for anything, or fault a screen reader. */
async function clean(name, { at = me } = {}) {
  assert.deepEqual(await faults(at), [], name)
  assert.deepEqual(at.broken, [], name)
}
/** The same page on a desk and on a phone, light and dark, looked at by hand afterwards. */
async function looks(name) {
  for (const [width, colorScheme] of [[1280, 'light'], [390, 'dark']]) {
    await me.page.setViewportSize({ width, height: width < 600 ? 844 : 900 })
    await me.page.emulateMedia({ colorScheme })
    await clean(`${name} ${width} ${colorScheme}`)
    await shot(me, `${name}-${width}${colorScheme === 'dark' ? '-dark' : ''}`)
  }
  await me.page.setViewportSize({ width: 1280, height: 900 })
  await me.page.emulateMedia({ colorScheme: 'light' })
}
/** JSON as the page's own script would get it. */
const json = (path) => me.page.evaluate(async (p) => (await fetch(p, { headers: { Accept: 'application/json' } })).json(), path)

test('every page carries the policy and speaks the reader\'s language', async () => {
  for (const path of ['/', '/login', '/demo', '/enrol/AAAA', '/evidence/' + '0'.repeat(64)]) {
    const { headers } = await open(me, path)
    const policy = headers['content-security-policy']
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) {
      assert.ok(policy?.includes(part), `${path}: ${part}`)
    }
    assert.ok(!policy.includes('unsafe'), path)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.match(headers['permissions-policy'], /publickey-credentials-get=\(self\)/)
    assert.equal(await me.page.getAttribute('html', 'lang'), 'en')
    await clean(path)
  }
  await open(me, '/')
  await looks('start-en')
})

test('Japanese by Accept-Language, and the switch is kept', async () => {
  const ja = await person(browser, { locale: 'ja-JP', width: 390 })
  await open(ja, '/login')
  assert.equal(await ja.page.getAttribute('html', 'lang'), 'ja')
  assert.equal(await ja.page.textContent('h1'), 'ログイン')
  await clean('login ja', { at: ja })
  await shot(ja, 'login-ja-390')
  await ja.page.click('nav.langs a')
  assert.equal(await ja.page.getAttribute('html', 'lang'), 'en')
  await open(ja, '/demo')
  assert.equal(await ja.page.getAttribute('html', 'lang'), 'en', 'the cookie is stronger than Accept-Language')
  await ja.page.click('nav.langs a')
  assert.equal(await ja.page.getAttribute('html', 'lang'), 'ja')
  await shot(ja, 'demo-ja-390')
  await ja.context.close()
})

test('an account is not shown to a stranger, and the way leads back', async () => {
  await open(me, '/account')
  assert.equal(me.page.url(), `${BASE}/login?next=/account`)
  for (const next of ['//evil.example/', 'https://evil.example/', '/\\evil.example']) {
    await open(me, `/login?next=${encodeURIComponent(next)}`)
    assert.equal(await me.page.getAttribute('#login', 'data-next'), '/account')
  }
})

test('enrolment: a wrong code says nothing more, the right one leads to two passkeys, by keyboard alone', async () => {
  enrolment = enrol()
  await open(me, enrolment.link)
  await looks('enrol-code-en')
  await me.page.fill('#code', 'AAAAA-AAAAA')
  await me.page.click('#code-go')
  assert.match(await said('#alert'), /did not accept/)
  await clean('wrong code')
  await me.page.reload()
  const order = await tabOrder(me)
  assert.ok(order.indexOf('code') < order.indexOf('code-go') && order.includes('code'), order.join(' > '))
  await me.page.focus('#code')
  await me.page.keyboard.type(enrolment.code.toLowerCase())
  await me.page.keyboard.press('Enter')
  await me.page.waitForSelector('#step-sign:not([hidden])', WAIT)
  assert.equal(await me.page.evaluate(() => document.activeElement.id), 'title-sign', 'focus goes with the step')
  await looks('enrol-sign-en')
  await me.page.keyboard.press('Tab')
  await me.page.keyboard.type('first key')
  await me.page.keyboard.press('Tab')
  await me.page.keyboard.press('Enter')
  await me.page.waitForSelector('#step-login:not([hidden])', WAIT)
  await me.page.focus('#make-login')
  await me.page.keyboard.press('Enter')
  await me.page.waitForSelector('#step-done:not([hidden])', WAIT)
  const signer = JSON.parse(sealgate('person', 'show', enrolment.person, '--json'))
  assert.equal(await text('#fingerprint'), signer.passkeys.find((p) => p.purpose === 'sign').fingerprint, 'what the signer has, not what the page believes')
  await looks('enrol-done-en')
})

test('a used link opens nothing', async () => {
  await open(me, enrolment.link)
  await me.page.fill('#code', enrolment.code)
  await me.page.click('#code-go')
  assert.match(await said('#alert'), /\S/)
  assert.ok(await me.page.isHidden('#step-sign'))
})

test('login with the login passkey; the account lists both', async () => {
  await open(me, '/login?next=/account')
  await looks('login-en')
  await me.page.click('#login')
  await me.page.waitForURL(`${BASE}/account`, WAIT)
  assert.equal(await me.page.locator('button[data-remove]').count(), 2)
  assert.equal(await me.page.locator('.notice.warn').count(), 0, 'every part of the account can be shown')
  await clean('account')
})

test('receive a badge: a key is made in the HSM, the badge is in the account', async () => {
  await open(me, '/demo')
  await me.page.click('#receive')
  await me.page.waitForSelector('#received', WAIT)
  await looks('demo-en')
  await open(me, '/account')
  await looks('account-en')
  assert.match(await text('[aria-labelledby=title-credentials]'), /Employee badge \(demo\)/)
  assert.match(await text('[aria-labelledby=title-credentials]'), /dc\+sd-jwt/)
})

/** A badge in this form; the page loads again when it is in the account. */
async function receive(configuration) {
  await open(me, '/demo?lang=en')
  await me.page.selectOption('#configuration', configuration)
  await Promise.all([me.page.waitForEvent('load', WAIT), me.page.click('#receive')])
  assert.equal((await text('#alert')).trim(), '')
}
/** From the story to the consent page; the id of the question. */
async function door(language) {
  await open(me, `/demo?lang=${language}`)
  await me.page.click('#door')
  await me.page.waitForURL(/\/consent\//, WAIT)
  return me.page.url().split('/').pop().split('?')[0]
}
/** What is read, what the service says, what the intent holds, what the passkey signs over: one thing. */
async function sameText(id) {
  const question = await json(`/vp/presentations/${id}`)
  const shown = await me.page.evaluate(() => document.getElementById('intent-text').textContent)
  assert.equal(shown, question.text)
  const visible = await me.page.evaluate(() => document.getElementById('intent-text').innerText)
  assert.equal(visible.replace(/\s+/g, ' ').trim(), question.text.replace(/\s+/g, ' ').trim(), 'nothing is hidden by style')
  const intentBytes = Buffer.from(question.intent, 'base64url')
  const intent = decode(intentBytes)
  assert.deepEqual(Buffer.from(intent.get(5)), sha256(shown), 'text_hash of the intent')
  const intentId = sha256('sealgate/intent/v1\0', intentBytes)
  const challenge = sha256('sealgate/challenge/v1\0', intentId, Buffer.from(question.nonce, 'base64url'))
  assert.equal(challenge.toString('base64url'), question.publicKey.challenge)
  assert.equal(await said('#challenge'), question.publicKey.challenge, 'the page computed the same')
  return question
}

let forgotten // a question that nobody answers, and when it was asked
test('a question is left alone', async () => {
  forgotten = { id: await door('en'), at: Date.now() }
  assert.equal((await json(`/vp/presentations/${forgotten.id}`)).state, 'open')
})

for (const language of ['en', 'ja']) {
  test(`consent in ${language}: the text read is the text signed; the door opens; the evidence is there`, async () => {
    const id = await door(language)
    assert.equal(await me.page.getAttribute('html', 'lang'), language)
    await looks(`consent-${language}`)
    const question = await sameText(id)
    assert.equal(question.language, language)
    assert.ok(!question.text.includes('Yamada'), 'values stay out of the text')
    assert.match(await text('.values'), /Yamada/)
    const rows = await me.page.locator('.values tbody th').allTextContents()
    const places = rows.map((label) => question.text.indexOf(`- ${label}`))
    assert.ok(rows.length >= 4 && places[0] > 0 && places.every((at, i) => i === 0 || at > places[i - 1]), `values in the order of the text: ${rows}`)
    assert.ok(!(await text('.values')).includes('hanako.yamada@'), 'what was not asked for is not disclosed')
    await me.page.click('#approve')
    await me.page.waitForSelector('#result', WAIT)
    assert.equal(await me.page.getAttribute('#result', 'data-state'), 'delivered')
    await looks(`result-${language}`)
    const evidence = await me.page.getAttribute('a.evidence', 'href')
    await me.page.click('#back')
    await me.page.waitForSelector('#verdict', WAIT)
    assert.equal(await me.page.getAttribute('#verdict', 'data-verdict'), 'holds', await text('main'))
    assert.match(await text('main'), /Yamada/)
    await looks(`door-${language}`)
    await me.page.click('#evidence')
    await me.page.waitForSelector('#found', WAIT)
    for (let i = 0; i < 20 && (await me.page.getAttribute('#found', 'data-held')) !== 'yes'; i++) {
      await me.page.waitForTimeout(500) // the next checkpoint
      await me.page.reload()
    }
    assert.equal(await me.page.getAttribute('#found', 'data-held'), 'yes', await text('main'))
    assert.match(await text('main'), language === 'ja' ? /本人確認付きパスキー/ : /a passkey with user verification/)
    assert.ok(!(await text('main')).includes('Yamada'), 'no data of the person in the record')
    await looks(`evidence-${language}`)
    const { status } = await open(me, evidence)
    assert.ok([200, 202].includes(status), String(status))
  })
}

for (const [configuration, name] of [['employee_badge_mdoc', 'mdoc'], ['employee_badge_ldp_ecdsa_sd', 'ldp-sd'], ['employee_badge_ldp_eddsa_rdfc', 'ldp']]) {
  test(`the same story with ${configuration}`, async () => {
    await receive(configuration)
    await me.page.selectOption('#configuration', configuration)
    await me.page.click('#door')
    await me.page.waitForURL(/\/consent\//, WAIT)
    await sameText(me.page.url().split('/').pop())
    await clean(name)
    await me.page.click('#approve')
    await me.page.waitForSelector('#result', WAIT)
    await me.page.click('#back')
    await me.page.waitForSelector('#verdict', WAIT)
    assert.equal(await me.page.getAttribute('#verdict', 'data-verdict'), 'holds', await text('main'))
    await shot(me, `door-${name}`)
  })
}

test('several fit: another choice is another question, and the one chosen is shown', async () => {
  await receive('employee_badge_sd_jwt')
  const before = await json(`/vp/presentations/${await door('en')}`)
  assert.equal(before.candidates[0].credentials.filter((c) => c.usable).length, 2)
  await clean('choice')
  await me.page.check('#choose input:not(:checked)')
  await Promise.all([me.page.waitForEvent('load', WAIT), me.page.click('#choose button')])
  const now = await sameText(me.page.url().split('/').pop())
  assert.notEqual(now.publicKey.challenge, before.publicKey.challenge)
  assert.notDeepEqual(now.selection, before.selection)
  await me.page.click('#approve')
  await me.page.waitForSelector('#result', WAIT)
  assert.equal(await me.page.getAttribute('#result', 'data-state'), 'delivered')
})

test('refusal: nothing is signed, and the verifier hears no more than that', async () => {
  const id = await door('en')
  const visit = (await json(`/vp/presentations/${id}`)).party.id.replace('redirect_uri:', '')
  await me.page.click('#refuse')
  await me.page.waitForSelector('#result', WAIT)
  assert.equal(await me.page.getAttribute('#result', 'data-state'), 'refused')
  await looks('refused-en')
  await open(me, visit)
  assert.equal(await me.page.getAttribute('#verdict', 'data-verdict'), 'error')
  assert.match(await text('#verdict'), /access_denied/)
  await clean('refused at the door')
})

test('expiry: a page left open approves nothing', async () => {
  await me.page.clock.install()
  await door('en')
  await me.page.clock.fastForward('30:00')
  assert.match(await said('#alert'), /time to approve is over/)
  assert.ok(await me.page.isDisabled('#approve'))
  await looks('expired-en')
  await me.context.clock?.resume?.()
})

test('a passkey prompt that is closed approves nothing, and can be tried again', async () => {
  const fresh = me.page
  await door('en')
  await me.cdp.send('WebAuthn.setUserVerified', { authenticatorId: me.authenticators[0], isUserVerified: false })
  await me.page.click('#approve')
  assert.match(await said('#alert'), /Nothing was approved/)
  await me.cdp.send('WebAuthn.setUserVerified', { authenticatorId: me.authenticators[0], isUserVerified: true })
  await me.page.click('#approve')
  await me.page.waitForSelector('#result', WAIT)
  assert.equal(await me.page.getAttribute('#result', 'data-state'), 'delivered')
  assert.equal(fresh, me.page)
})

test('a changed page is noticed before the passkey is asked', async () => {
  const id = await door('en')
  await me.page.evaluate(() => { document.getElementById('intent-text').firstChild.data += 'and nothing else' })
  await me.page.click('#approve')
  assert.match(await said('#alert'), /not the text that would be approved/)
  assert.equal((await json(`/vp/presentations/${id}`)).state, 'open')
})

test('the text can be had in the other language: another question, another challenge', async () => {
  const id = await door('en')
  const before = await sameText(id)
  await open(me, `/consent/${id}?lang=ja`)
  assert.equal(await me.page.getAttribute('#intent-text', 'lang'), 'en', 'the switch of the page changes no text that is asked about')
  await Promise.all([me.page.waitForEvent('load', WAIT), me.page.click('#relanguage')])
  await me.page.waitForSelector('#intent-text[lang=ja]', WAIT)
  const now = await sameText(me.page.url().split('/').pop().split('?')[0])
  assert.equal(now.language, 'ja')
  assert.notEqual(now.publicKey.challenge, before.publicKey.challenge)
  await me.page.click('#refuse')
  await me.page.waitForSelector('#result', WAIT)
  await open(me, '/?lang=en')
})

test('every use stands in the activity', async () => {
  await open(me, '/account?lang=en')
  const uses = (await json('/account/activity')).uses
  assert.ok(uses.length >= 3)
  assert.equal(await me.page.locator('#uses tbody tr').count(), uses.length)
  assert.match(await text('#uses'), /Credentials shown/)
  await looks('activity-en')
})

test('a second passkey: made on another device, confirmed by the first, and it signs', async () => {
  const [first] = me.authenticators
  const second = await device(me)
  await use(me, second)
  await open(me, '/account')
  await me.page.fill('#label-new', 'spare key')
  await me.page.click('#add-sign')
  await me.page.waitForSelector('#confirm:not([hidden])', WAIT)
  assert.equal(await me.page.evaluate(() => document.activeElement.id), 'title-confirm')
  assert.match(await text('#intent-text'), /passkey/)
  await looks('second-passkey-en')
  await use(me, first) // the new one is made; now the present one confirms
  await me.page.click('#confirm-yes')
  await me.page.waitForFunction(() => document.querySelectorAll('button[data-remove]').length === 3, undefined, WAIT)
  assert.match(await text('[aria-labelledby=title-passkeys]'), /spare key/)
  await clean('second passkey')
  await door('en')
  await use(me, second)
  await me.page.click('#approve')
  await me.page.waitForSelector('#result', WAIT)
  assert.equal(await me.page.getAttribute('#result', 'data-state'), 'delivered')
  await use(me, first)
})

test('a passkey is removed after its text was read; the last one for signing stays', async () => {
  await open(me, '/account')
  await me.page.locator('button[data-remove][data-purpose=sign]').last().click()
  await me.page.waitForSelector('#confirm:not([hidden])', WAIT)
  await me.page.click('#confirm-no')
  assert.match(await said('#alert'), /Nothing was approved/)
  await me.page.locator('button[data-remove][data-purpose=sign]').last().click()
  await me.page.waitForSelector('#confirm:not([hidden])', WAIT)
  await me.page.click('#confirm-yes')
  await me.page.waitForFunction(() => document.querySelectorAll('button[data-remove]').length === 2, undefined, WAIT)
  await me.page.locator('button[data-remove][data-purpose=sign]').click()
  assert.match(await said('#alert'), /\S/)
  assert.ok(await me.page.isHidden('#confirm'))
})

test('revoked while the page is open: nothing is signed; afterwards nothing fits, and the person is told why', async () => {
  await door('en')
  const held = (await json('/account/credentials')).credentials.filter((c) => c.format === 'dc+sd-jwt')
  assert.ok(held.length > 0)
  const page = await me.context.newPage()
  await page.goto(`${BASE}/account`)
  for (const { id } of held) {
    const { credential } = await page.evaluate(async (i) => (await fetch(`/account/credentials/${i}`)).json(), id)
    const file = join(mkdtempSync(join(tmpdir(), 'sealgate-page-')), 'badge.txt')
    writeFileSync(file, credential)
    sealgate('status', 'set', '--credential', file, '--to', 'invalid')
  }
  await page.close()
  await me.page.waitForTimeout(2500) // status_publish_s
  await me.page.click('#approve')
  assert.match(await said('#alert'), /not valid at the moment/)
  await looks('revoked-en')
  await door('en')
  assert.ok(await me.page.isVisible('#unusable'))
  assert.match(await text('#unusable'), /revoked by its issuer/)
  assert.equal(await me.page.locator('#approve').count(), 0)
  await looks('nothing-en')
  await me.page.click('#refuse')
  await me.page.waitForSelector('#result', WAIT)
})

test('a wallet asks for access: who it is and what it cannot do; refused and allowed', { skip: !process.env.SEALGATE_PAGE_WALLET && 'no wallet is registered here' }, async () => {
  const callback = createServer((request, response) => response.end('back at the wallet'))
  await new Promise((resolve) => callback.listen(0, '127.0.0.1', resolve))
  try {
    const address = `http://127.0.0.1:${callback.address().port}/callback`
    const query = new URLSearchParams({
      response_type: 'code', client_id: process.env.SEALGATE_PAGE_WALLET, redirect_uri: address, scope: 'holder', state: 'a b&c',
      code_challenge: sha256('verifier').toString('base64url'), code_challenge_method: 'S256',
    })
    const ask = async () => open(me, `/oid4vci/authorize?${query}`)
    await ask()
    assert.match(await text('main'), /Wallet of the <b>test<\/b>/)
    assert.match(await text('main'), /cannot sign/)
    await looks('wallet-en')
    await me.page.click('nav.langs a')
    assert.match(await text('main'), /署名はできません/, 'the switch keeps the request')
    await ask()
    const back = async (button) => {
      await me.page.click(button)
      await me.page.waitForURL((url) => url.href.startsWith(address), WAIT)
      return new URL(me.page.url()).searchParams
    }
    const refused = await back('#refuse')
    assert.deepEqual([refused.get('error'), refused.get('code'), refused.get('state')], ['access_denied', null, 'a b&c'])
    await ask()
    const allowed = await back('#allow')
    assert.match(allowed.get('code'), /^[\w-]{43}$/)
    assert.deepEqual([allowed.get('iss'), allowed.get('state')], [BASE, 'a b&c'])
    me.broken.splice(0, me.broken.length, ...me.broken.filter((b) => !b.includes(`foreign request: ${new URL(address).origin}/`)))
    assert.deepEqual(me.broken, [])
  } finally {
    callback.close()
    callback.closeAllConnections()
  }
  await open(me, '/?lang=en')
})

test('a cookie alone opens no door: another browser, and a change without the token', async () => {
  const cookies = await me.context.cookies()
  const thief = await person(browser)
  await thief.context.setExtraHTTPHeaders({ 'User-Agent': 'Thief/1.0 (somewhere else)' })
  await thief.context.addCookies(cookies)
  await open(thief, '/account')
  assert.match(thief.page.url(), /\/login/)
  await thief.context.close()
  await open(me, '/account')
  const status = await me.page.evaluate(async () => (await fetch('/account/logout', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' })).status)
  assert.equal(status, 403, 'no CSRF token, no change')
})

test('the question that was left alone has expired: no page, and no approval', async (t) => {
  const { expires_at: at } = await json(`/vp/presentations/${forgotten.id}`)
  if (at !== undefined && at * 1000 - forgotten.at > 60000) return t.skip('consent_lifetime_s is long here')
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, forgotten.at + 31500 - Date.now())))
  const { status } = await open(me, `/consent/${forgotten.id}?lang=en`)
  assert.equal(status, 410)
  assert.match(await text('main'), /no longer valid/)
  await looks('gone-en')
  await open(me, '/account')
  const late = await me.page.evaluate(async (id) => (await fetch(`/vp/presentations/${id}/approve`, {
    method: 'POST', headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': document.body.dataset.csrf },
    body: JSON.stringify({ credential: { id: 'AAAA', rawId: 'AAAA', type: 'public-key', response: { clientDataJSON: 'AAAA', authenticatorData: 'AAAA', signature: 'AAAA' } } }),
  })).status, forgotten.id)
  assert.equal(late, 410)
})

test('logout ends the session', async () => {
  await open(me, '/account')
  await me.page.click('#logout')
  await me.page.waitForURL(/\/login/, WAIT)
  await open(me, '/account')
  assert.equal(me.page.url(), `${BASE}/login?next=/account`)
})

test('erasing: nothing personal is left, and the ledger still verifies', async () => {
  await me.page.click('#login')
  await me.page.waitForURL(`${BASE}/account`, WAIT)
  me.page.once('dialog', (d) => d.accept())
  await me.page.click('#erase')
  await me.page.waitForURL(`${BASE}/`, WAIT)
  await open(me, '/account')
  assert.match(me.page.url(), /\/login/)
  sealgate('ledger', 'verify')
})
