// The OpenAPI document against the OpenAPI 3.1 schema, by a validator that none of us wrote (req: PRO-6); and against the gateway itself: each path is routed.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'

const BASE = process.env.SEALGATE_BASE

test('the document holds to the OpenAPI 3.1 schema', async () => {
  const document = await (await fetch(`${BASE}/openapi.json`)).json()
  assert.match(document.openapi, /^3\.1\./)
  const result = await new Validator().validate(document)
  assert.ok(result.valid, JSON.stringify(result.errors, null, 1)?.slice(0, 2000))
})

test('every operation has an identifier of its own, and every path is routed', async () => {
  const document = await (await fetch(`${BASE}/openapi.json`)).json()
  const ids = new Set()
  const methods = ['get', 'post', 'put', 'delete', 'patch']
  let n = 0
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of methods.filter((m) => item[m])) {
      const { operationId, responses, security } = item[method]
      assert.ok(!ids.has(operationId), `${operationId} twice`)
      if (operationId !== undefined) ids.add(operationId)
      assert.ok(Object.keys(responses).length > 0, path)
      const url = BASE + path.replace(/\{[^}]+\}/g, 'none')
      const answer = await fetch(url, { method: method.toUpperCase(), redirect: 'manual', ...(method !== 'get' && method !== 'delete' && { body: '{}', headers: { 'content-type': 'application/json' } }) })
      assert.notEqual(answer.status, 405, `${method} ${path}`)
      assert.ok(answer.status < 500 || answer.status === 503, `${method} ${path}: ${answer.status}`)
      // what nobody may do says who may; a page for people is no such answer
      if (answer.status === 401 && /json/.test(answer.headers.get('content-type') ?? '')) assert.ok(security?.length > 0, `${method} ${path}: 401, and no security in the document`)
      if (security) assert.ok(answer.status >= 300, `${method} ${path}: open to everybody, against the document`)
      await answer.arrayBuffer()
      n++
    }
  }
  assert.ok(n >= 20, `only ${n} operations`)
})
