// The script of the pages: passkey prompts, and sending what they answer. It builds no markup: what is seen was rendered by the server,
// and words are set with textContent. Words come as data attributes of <body> (face_text.def, JS_…).
'use strict'
;(() => {
  const page = document.body.dataset
  const $ = (id) => document.getElementById(id)
  const word = (name) => page['js' + name] ?? name

  // ---- what is said: progress politely, errors at once -----------------------------------------------------

  const say = (text) => {
    const place = $('status')
    if (place) place.textContent = text
  }
  const fail = (text) => {
    say('')
    const place = $('alert')
    if (!place) return
    place.textContent = text
    place.scrollIntoView({ block: 'nearest' })
  }
  const quiet = () => {
    say('')
    const place = $('alert')
    if (place) place.textContent = ''
  }

  class Problem extends Error {
    constructor(status, code) {
      super(code || String(status))
      this.status = status
      this.code = code
    }
  }
  const wordOf = (e) => {
    if (e instanceof Problem) {
      if (page.page === 'login' && (e.status === 401 || e.status === 403)) return word('LoginRefused')
      if (e.code === 'STATUS_BAD' || e.code === 'STATUS_UNKNOWN') return word('StatusBad')
      if (e.status === 0) return word('Offline')
      if (e.status === 401) return word('SignedOut')
      if (e.status === 404 || e.status === 409 || e.status === 410) return word('Gone')
      if (e.status === 429) return word('Limit')
      if (e.status >= 500) return word('Busy')
      return word('Refused')
    }
    if (e?.name === 'NotAllowedError' || e?.name === 'AbortError') return word('Cancelled')
    if (e?.name === 'InvalidStateError') return word('Exists')
    if (e?.message === 'mismatch') return word('Mismatch')
    if (e?.message === 'unsupported' || e?.name === 'NotSupportedError' || e?.name === 'SecurityError') return word('Unsupported')
    return word('Refused')
  }

  // ---- talking to the service -----------------------------------------------------------------------------------

  const call = async (method, path, body) => {
    const headers = { Accept: 'application/json' }
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    if (page.csrf && method !== 'GET') headers['X-CSRF-Token'] = page.csrf
    let answer
    try {
      answer = await fetch(page.base + path, {
        method, headers, body: body === undefined ? undefined : JSON.stringify(body),
        credentials: 'same-origin', cache: 'no-store', redirect: 'error',
      })
    } catch {
      throw new Problem(0)
    }
    const json = await answer.json().catch(() => null)
    if (!answer.ok) throw new Problem(answer.status, json?.code ?? json?.error)
    return json ?? {}
  }
  const post = (path, body = {}) => call('POST', path, body)

  // ---- WebAuthn, with what older browsers lack (Level 3, 5.1.8 to 5.1.10) -----------------------------------------

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0))
  const text64 = (buffer) => {
    let s = ''
    for (const b of new Uint8Array(buffer)) s += String.fromCharCode(b)
    return btoa(s).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
  }
  const listed = (list) => list?.map((c) => ({ ...c, id: bytes(c.id) }))
  const creationOptions = (json) =>
    PublicKeyCredential.parseCreationOptionsFromJSON
      ? PublicKeyCredential.parseCreationOptionsFromJSON(json)
      : { ...json, challenge: bytes(json.challenge), user: { ...json.user, id: bytes(json.user.id) }, excludeCredentials: listed(json.excludeCredentials) ?? [] }
  const requestOptions = (json) =>
    PublicKeyCredential.parseRequestOptionsFromJSON
      ? PublicKeyCredential.parseRequestOptionsFromJSON(json)
      : { ...json, challenge: bytes(json.challenge), allowCredentials: listed(json.allowCredentials) ?? [] }
  const asJSON = (credential) => {
    if (typeof credential.toJSON === 'function') return credential.toJSON()
    const r = credential.response
    const response = { clientDataJSON: text64(r.clientDataJSON) }
    if (r.attestationObject) {
      response.attestationObject = text64(r.attestationObject)
      response.transports = r.getTransports ? r.getTransports() : []
    } else {
      response.authenticatorData = text64(r.authenticatorData)
      response.signature = text64(r.signature)
      if (r.userHandle) response.userHandle = text64(r.userHandle)
    }
    return { id: credential.id, rawId: text64(credential.rawId), type: credential.type, response, clientExtensionResults: credential.getClientExtensionResults() }
  }
  const usable = () => {
    if (!window.PublicKeyCredential || !navigator.credentials) throw new Error('unsupported')
  }
  const create = async (publicKey) => {
    usable()
    say(word('Passkey'))
    const made = await navigator.credentials.create({ publicKey: creationOptions(publicKey) })
    say(word('Working'))
    return asJSON(made)
  }
  const get = async (publicKey, more) => {
    usable()
    say(word('Passkey'))
    const given = await navigator.credentials.get({ publicKey: requestOptions(publicKey), ...more })
    say(word('Working'))
    return asJSON(given)
  }

  // One thing at a time: the button rests until it is done, and what went wrong is said.
  const acting = async (button, work) => {
    if (button?.getAttribute('aria-disabled') === 'true') return
    quiet()
    button?.setAttribute('aria-disabled', 'true')
    say(word('Working'))
    try {
      await work()
    } catch (e) {
      fail(wordOf(e))
      if (e instanceof Problem && e.status === 401 && page.page === 'account') location.assign(page.base + '/login?next=/account')
    } finally {
      button?.removeAttribute('aria-disabled')
      if ($('status')?.textContent === word('Working')) say('')
    }
  }
  const on = (id, work) => $(id)?.addEventListener('click', (event) => acting(event.currentTarget, work))
  const go = (path) => location.assign(page.base + path)

  // Whose login passkeys to offer next time on this browser: 16 random bytes that name nobody. Without it the browser offers every passkey of this site.
  const remember = (person) => {
    try {
      if (person) localStorage.setItem('sealgate-person', person)
      else localStorage.removeItem('sealgate-person')
    } catch { /* storage is closed: nothing is remembered */ }
  }
  const remembered = () => {
    try {
      return localStorage.getItem('sealgate-person') ?? undefined
    } catch {
      return undefined
    }
  }

  // ---- the pages ----------------------------------------------------------------------------------------------------

  const enrol = () => {
    const data = $('enrol').dataset
    const steps = ['code', 'sign', 'login', 'done']
    let code = ''
    const show = (step) => {
      for (const s of steps) {
        $('step-' + s).hidden = s !== step
        const mark = $('mark-' + s)
        if (!mark) continue
        mark.classList.toggle('done', steps.indexOf(s) < steps.indexOf(step))
        if (s === step) mark.setAttribute('aria-current', 'step')
        else mark.removeAttribute('aria-current')
      }
      $('step-' + step).querySelector('h2').focus()
    }
    let opened = null // the registration that the code opened
    const open = async (purpose) => post('/account/enrol/open', { link: data.link, code, purpose })
    const missing = (answer, purpose) => !Array.isArray(answer.missing) || answer.missing.includes(purpose)
    $('code-form').addEventListener('submit', (event) => {
      event.preventDefault()
      acting($('code-go'), async () => {
        code = $('code').value.trim()
        if (!code) return $('code').focus()
        opened = await open('sign')
        say('')
        show(missing(opened, 'sign') ? 'sign' : 'login')
      })
    })
    const register = async (purpose) => {
      const session = purpose === 'sign' && opened ? opened : await open(purpose)
      opened = null // a challenge is answered once
      const credential = await create(session.publicKey)
      return post('/account/enrol/finish', { session: session.session, credential, label: $('label-' + purpose).value.trim() || undefined })
    }
    on('make-sign', async () => {
      const made = await register('sign')
      if (made.fingerprint) $('fingerprint').textContent = made.fingerprint
      say('')
      show(Array.isArray(made.missing) && !made.missing.includes('login') ? 'done' : 'login')
    })
    on('make-login', async () => {
      const made = await register('login')
      if (made.csrf) remember((await call('GET', '/account/session')).person)
      say('')
      show('done')
    })
  }

  const signIn = async () => {
    const person = remembered()
    const options = await post('/account/login/options', { person })
    const credential = await get(options.publicKey)
    const answer = await post('/account/login', { credential, person }).catch((e) => {
      remember(undefined) // perhaps somebody else's
      throw e
    })
    remember(answer.person)
    return answer
  }
  const login = () => {
    on('login', async () => {
      await signIn()
      go($('login').dataset.next)
    })
  }

  // A change to the account that the signing passkey confirms: its text is shown, letter by letter what the challenge commits to, and nothing goes on by itself.
  const confirmed = async (answer, path) => {
    const question = answer.confirm ?? answer
    if (!question.publicKey) return
    const place = $('confirm')
    $('intent-text').textContent = question.text
    $('intent-text').lang = question.language
    await checkText(question, question.publicKey)
    place.hidden = false
    quiet()
    $('title-confirm').focus()
    const yes = await new Promise((resolve) => {
      $('confirm-yes').onclick = () => resolve(true)
      $('confirm-no').onclick = () => resolve(false)
    })
    try {
      if (!yes) throw new DOMException('', 'AbortError')
      await checkText(question, question.publicKey)
      await post(path, { credential: await get(question.publicKey) })
    } finally {
      place.hidden = true
    }
  }
  const account = () => {
    for (const purpose of ['sign', 'login']) {
      on('add-' + purpose, async () => {
        const opened = await post('/account/passkeys/options', { purpose })
        const credential = await create(opened.publicKey)
        const made = await post('/account/passkeys', { session: opened.session, credential, label: $('label-new').value.trim() || undefined })
        await confirmed(made, `/account/passkeys/${made.id}/approve`)
        location.reload()
      })
    }
    for (const button of document.querySelectorAll('button[data-remove]')) {
      button.addEventListener('click', () => acting(button, async () => {
        const asked = await post(`/account/passkeys/${button.dataset.remove}/remove`)
        await confirmed(asked, `/account/passkeys/${button.dataset.remove}/remove/approve`)
        location.reload()
      }))
    }
    for (const button of document.querySelectorAll('button[data-delete]')) {
      button.addEventListener('click', () => acting(button, async () => {
        await call('DELETE', `/account/credentials/${button.dataset.delete}`)
        location.reload()
      }))
    }
    on('logout', async () => {
      await post('/account/logout')
      go('/login')
    })
    on('logout-all', async () => {
      await post('/account/logout', { everywhere: true })
      go('/login')
    })
    on('erase', async () => {
      if (!window.confirm(word('ConfirmErase'))) return
      await post('/account/erase')
      remember(undefined)
      go('/')
    })
  }

  // ---- consent: what the passkey will sign over is recomputed here, from the text that stands on the page ------------

  const sha256 = async (...parts) => {
    const whole = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
    let at = 0
    for (const p of parts) {
      whole.set(p, at)
      at += p.length
    }
    return new Uint8Array(await crypto.subtle.digest('SHA-256', whole))
  }
  const tagged = (tag, ...parts) => sha256(new TextEncoder().encode(tag + '\0'), ...parts)
  const hex = (b) => Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('')
  const holds = (whole, part) => {
    for (let i = 0; i + part.length <= whole.length; i++) {
      if (part.every((x, j) => whole[i + j] === x)) return true
    }
    return false
  }
  // docs/wire: intent_id, challenge; in the intent's CBOR the text's hash is member 5, a byte string of 32.
  const checkText = async (data, publicKey) => {
    const textHash = await sha256(new TextEncoder().encode($('intent-text').textContent))
    const intent = bytes(data.intent)
    const intentId = await tagged('sealgate/intent/v1', intent)
    const challenge = await tagged('sealgate/challenge/v1', intentId, bytes(data.nonce))
    if ($('text-hash')) {
      $('text-hash').textContent = hex(textHash)
      $('intent-id').textContent = hex(intentId)
      $('challenge').textContent = text64(challenge)
    }
    if (!holds(intent, [0x05, 0x58, 0x20, ...textHash]) || text64(challenge) !== publicKey.challenge) throw new Error('mismatch')
  }
  const consent = () => {
    const data = $('consent')?.dataset
    if (!data) return // the result
    const path = data.path
    on('refuse', async () => finish(await post(path + '/refuse')))
    if (!data.publicKey) return // nothing to approve
    const publicKey = JSON.parse(data.publicKey)
    const over = () => {
      for (const id of ['approve', 'refuse']) $(id).disabled = true
      fail($('expired-words').textContent)
    }
    const skew = Number(data.now) * 1000 - Date.now() // by the service's clock, not the device's
    const left = () => Number(data.expiresAt) * 1000 - (Date.now() + skew)
    if (left() > 61000) setTimeout(() => say($('soon-words').textContent), left() - 60000)
    setTimeout(over, Math.max(0, left()))
    checkText(data, publicKey).catch((e) => {
      $('approve').disabled = true
      fail(wordOf(e))
    })
    on('approve', async () => {
      await checkText(data, publicKey)
      const credential = await get(publicKey)
      finish(await post(path + '/approve', data.selection ? { credential, selection: JSON.parse(data.selection) } : { credential }))
    })
    const reopen = async (change) => go('/consent/' + (await post(path + '/selection', change)).id)
    on('relanguage', () => reopen({ language: document.documentElement.lang }))
    const form = $('choose')
    form?.addEventListener('submit', (event) => {
      event.preventDefault()
      acting(form.querySelector('button'), async () => {
        const selection = {}
        for (const box of form.querySelectorAll('input:checked')) {
          if (box.value) (selection[box.name] ??= []).push(box.value)
        }
        await reopen({ selection, language: data.language })
      })
    })
  }
  const finish = () => location.reload() // the page shows its result

  // A wallet asks for access: a gesture of the login passkey just now, then the answer; the wallet's address comes from the service.
  const wallet = () => {
    const answer = async (decision) => {
      const made = await post('/account/authorize', { ...Object.fromEntries(new FormData($('wallet'))), decision })
      location.assign(made.redirect_uri)
    }
    on('allow', async () => {
      page.csrf = (await signIn()).csrf
      await answer('allow')
    })
    on('refuse', () => answer('refuse'))
  }

  // The story: this page plays the wallet. A key, a badge bound to it, and the badge into the account; then the door's request to the holder's side.
  const demo = () => {
    on('receive', async () => {
      const configuration = $('configuration').value
      const key = await post('/account/keys', { alg: 'ES256', level: 2 })
      const badge = await post('/demo/badge', { configuration, holder_jwk: key.jwk })
      await post('/account/credentials', { format: badge.format, configuration, credential: badge.credential })
      location.reload()
    })
    on('door', async () => {
      const door = await post('/demo/verifier', { configuration: $('configuration').value })
      const question = await post('/vp/presentations', { request: door.request, delivery: 'post', language: document.documentElement.lang })
      go('/consent/' + question.id)
    })
  }

  const pages = { enrol, login, account, consent, wallet, demo }
  pages[page.page]?.()
})()
