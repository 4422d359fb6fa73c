// Writes src/api/schema.ts from the server's document (openapi.json). What the
// console needs and the server does not describe yet comes from
// openapi.wanted.json; where both describe something, the server is right.
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const read = (file) => JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'))
const wanted = read('openapi.wanted.json')
const server = existsSync(new URL('../openapi.json', import.meta.url)) ? read('openapi.json') : { paths: {} }

const isUntyped = ({ responses }) => {
  const schema = responses?.['200']?.content?.['application/json']?.schema
  return schema !== undefined && Object.keys(schema).every((name) => name === 'description')
}
const missing = []
const paths = { ...server.paths }
for (const [path, methods] of Object.entries(wanted.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    const described = paths[path]?.[method]
    if (described) {
      // The server answers many things without a type; the types of those answers are written by hand.
      if (isUntyped(described)) paths[path] = { ...paths[path], [method]: { ...described, responses: operation.responses } }
      continue
    }
    paths[path] = { ...paths[path], [method]: operation }
    missing.push(`${method.toUpperCase()} ${path}`)
  }
}
// The console asks by path and method; names of operations need not be unique for that.
for (const methods of Object.values(paths)) for (const operation of Object.values(methods)) delete operation.operationId
const schemas = { ...wanted.components.schemas, ...server.components?.schemas }
const document = { ...wanted, ...server, paths, components: { ...server.components, schemas } }

writeFileSync(new URL('../src/api/schema.ts', import.meta.url), COMMENT_HEADER + astToString(await openapiTS(document)))
if (missing.length > 0) process.stdout.write(`not described by the server yet:\n  ${missing.join('\n  ')}\n`)
