'use strict';

/** Makes an element; children are elements or texts, never markup. */
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key === 'onclick') element.addEventListener('click', value);
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

let schemas = {};

function resolved(schema) {
  const name = schema?.$ref?.split('/').pop();
  const found = name ? { name, ...schemas[name] } : schema ?? {};
  return found.allOf?.length > 1 ? { ...found, ...joined(found.allOf.map(resolved)) } : found;
}

/** What parts say together: the fields of each. */
function joined(parts) {
  return {
    properties: Object.assign({}, ...parts.map((part) => part.properties)),
    required: parts.flatMap((part) => part.required ?? []),
  };
}

function nullable(schema) {
  const isNull = (one) => one.type === 'null';
  return Array.isArray(schema.type) ? schema.type.includes('null') : Boolean(schema.oneOf?.some(isNull));
}

/** The one schema behind an optional value. */
function bare(schema) {
  const choices = (schema.oneOf ?? schema.allOf ?? schema.anyOf ?? []).filter((one) => one.type !== 'null');
  return choices.length === 1 ? { ...choices[0], description: schema.description } : schema;
}

function typeText(given) {
  const schema = bare(given);
  const choices = resolved(schema).enum;
  if (choices) return choices.map((one) => JSON.stringify(one)).join(' | ');
  if (schema.$ref) return schema.$ref.split('/').pop();
  if (schema.type === 'array') return `[${typeText(schema.items ?? {})}]`;
  const kinds = [schema.type ?? 'any'].flat().filter((kind) => kind !== 'null');
  const format = schema.format && !/^int/.test(schema.format) ? ` (${schema.format})` : '';
  return kinds.join(' | ') + format;
}

function schemaTable(given, seen = []) {
  const schema = resolved(bare(given));
  if (schema.type === 'array') return schemaTable(schema.items ?? {}, seen);
  if (!schema.properties || seen.includes(schema.name)) return null;
  const deeper = schema.name ? [...seen, schema.name] : seen;
  const rows = Object.entries(schema.properties).map(([field, one]) => {
    const inner = schemaTable(one, deeper);
    const required = schema.required?.includes(field);
    return make('tr', {},
      make('td', {}, make('code', {}, field), required ? null : make('span', { class: 'quiet' }, ' optional')),
      make('td', {}, make('code', {}, typeText(one)), nullable(one) ? make('span', { class: 'quiet' }, ' or null') : null,
        make('div', {}, one.description ?? ''),
        inner ? make('details', {}, make('summary', {}, 'fields'), inner) : null));
  });
  return make('table', {}, make('tbody', {}, ...rows));
}

function example(given, depth = 0) {
  const outer = bare(given);
  if (outer.example !== undefined) return outer.example;
  if (outer.default !== undefined) return outer.default;
  const schema = resolved(outer);
  if (schema.example !== undefined) return schema.example;
  if (schema.enum) return schema.enum[0];
  const kind = [schema.type].flat().find((one) => one && one !== 'null');
  if (depth > 6) return null;
  if (kind === 'array') return [example(schema.items ?? {}, depth + 1)];
  if (schema.properties) {
    const wanted = Object.entries(schema.properties).filter(([field]) => schema.required?.includes(field));
    return Object.fromEntries(wanted.map(([field, one]) => [field, example(one, depth + 1)]));
  }
  if (kind === 'integer' || kind === 'number') return 0;
  if (kind === 'boolean') return false;
  if (kind === 'string') return schema.format === 'date-time' ? new Date().toISOString() : '';
  return {};
}

function csrf() {
  return fetch('/api/v1/session').then((answer) => (answer.ok ? answer.json() : null)).then((session) => session?.csrf);
}

async function send(method, path, operation, form, out) {
  const query = new URLSearchParams();
  const headers = {};
  let address = path;
  for (const parameter of operation.parameters ?? []) {
    const value = form.querySelector(`[name="${CSS.escape(parameter.name)}"]`)?.value ?? '';
    if (parameter.in === 'path') address = address.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value && parameter.in === 'query') query.set(parameter.name, value);
    else if (value && parameter.in === 'header') headers[parameter.name] = value;
  }
  const key = document.getElementById('key').value.trim();
  if (key) headers.Authorization = `Bearer ${key}`;
  else if (method !== 'get') {
    const token = await csrf();
    if (token) headers['X-CSRF-Token'] = token;
  }
  const body = form.querySelector('textarea')?.value;
  if (body) headers['Content-Type'] = 'application/json';
  const suffix = query.size > 0 ? `?${query}` : '';
  const began = performance.now();
  const answer = await fetch(address + suffix, { method: method.toUpperCase(), headers, body: body || undefined });
  const text = await answer.text();
  let shown = text;
  try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: shown as it is */ }
  out.textContent = `${answer.status} ${answer.statusText}  ${Math.round(performance.now() - began)} ms\n\n${shown}`;
}

function tryIt(method, path, operation) {
  const fields = (operation.parameters ?? []).flatMap((parameter) => {
    const id = `${method}${path}${parameter.name}`;
    const input = make('input', { id, name: parameter.name, spellcheck: 'false' });
    if (parameter.name === 'Idempotency-Key' && parameter.required) input.value = crypto.randomUUID?.() ?? String(Math.random());
    return [make('label', { for: id }, `${parameter.name} (${parameter.in})`), input];
  });
  const media = Object.values(operation.requestBody?.content ?? {})[0];
  const out = make('pre', { hidden: '', 'aria-live': 'polite' });
  const form = make('div', {}, ...fields);
  if (media) {
    const id = `${method}${path}body`;
    const area = make('textarea', { id, spellcheck: 'false' });
    area.value = JSON.stringify(media.example ?? example(media.schema ?? {}), null, 2);
    form.append(make('label', { for: id }, 'body'), area);
  }
  const onclick = () => {
    out.hidden = false;
    out.textContent = '…';
    send(method, path, operation, form, out).catch((error) => { out.textContent = String(error); });
  };
  form.append(make('button', { type: 'button', onclick }, 'Send'), out);
  return make('details', {}, make('summary', {}, 'Try it'), form);
}

function parameters(operation) {
  const list = operation.parameters ?? [];
  if (list.length === 0) return null;
  const rows = list.map((one) => make('tr', {},
    make('td', {}, make('code', {}, one.name), one.required ? null : make('span', { class: 'quiet' }, ' optional')),
    make('td', {}, make('code', {}, `${typeText(one.schema ?? {})} in ${one.in}`), make('div', {}, one.description ?? ''))));
  return make('table', {}, make('tbody', {}, ...rows));
}

function answers(operation) {
  const rows = Object.entries(operation.responses ?? {}).map(([status, answer]) => {
    const codes = answer['x-problem-codes'];
    if (codes) {
      const links = codes.flatMap((code) => [make('a', { href: `#${code}` }, make('code', {}, code)), ' ']);
      return make('tr', {}, make('td', {}, make('code', {}, status)), make('td', {}, ...links));
    }
    const schema = Object.values(answer.content ?? {})[0]?.schema;
    const table = schema ? schemaTable(schema) : null;
    return make('tr', {}, make('td', {}, make('code', {}, status)),
      make('td', {}, schema ? make('code', {}, typeText(schema)) : null, make('div', {}, answer.description ?? ''),
        table ? make('details', {}, make('summary', {}, 'fields'), table) : null));
  });
  return make('table', {}, make('tbody', {}, ...rows));
}

function section(method, path, operation) {
  const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  const table = body ? schemaTable(body) : null;
  return make('section', { class: 'operation', id: `${method}${path}` },
    make('header', {}, make('span', { class: 'method' }, method.toUpperCase()), make('span', { class: 'path' }, path)),
    make('p', {}, operation.summary ?? '', operation.description ? make('span', { class: 'quiet' }, ` ${operation.description}`) : null),
    parameters(operation),
    table ? make('details', {}, make('summary', {}, `Body: ${typeText(body)}`), table) : null,
    make('details', {}, make('summary', {}, 'Answers'), answers(operation)),
    tryIt(method, path, operation));
}

function show(spec) {
  schemas = spec.components?.schemas ?? {};
  document.getElementById('about').textContent = spec.info.description ?? '';
  const contents = document.getElementById('contents');
  const place = document.getElementById('operations');
  place.replaceChildren();
  for (const tag of spec.tags ?? []) {
    const found = Object.entries(spec.paths).flatMap(([path, item]) => Object.entries(item)
      .filter(([, operation]) => operation.tags?.includes(tag.name))
      .map(([method, operation]) => [method, path, operation]));
    if (found.length === 0) continue;
    contents.append(make('h2', {}, tag.name), ...found.map(([method, path]) =>
      make('a', { href: `#${method}${path}` }, `${method.toUpperCase()} ${path.replace('/api/v1', '')}`)));
    place.append(make('h2', { class: 'tag' }, tag.name), make('p', { class: 'quiet' }, tag.description ?? ''),
      ...found.map(([method, path, operation]) => section(method, path, operation)));
  }
}

function showCodes(codes) {
  const rows = codes.map((one) => make('tr', { id: one.code },
    make('td', {}, make('code', {}, one.code)), make('td', {}, String(one.status)),
    make('td', {}, make('code', {}, one.retry)), make('td', {}, one.title, make('div', { class: 'quiet' }, one.title_zh))));
  document.getElementById('operations').append(make('h2', { class: 'tag', id: 'errors' }, 'codes of problems'),
    make('table', {}, make('tbody', {}, ...rows)));
  document.getElementById('contents').append(make('h2', {}, 'problems'), make('a', { href: '#errors' }, 'codes'));
}

const read = (address) => fetch(address).then((answer) => answer.json());

read('/api/openapi.json')
  .then((spec) => { show(spec); return read('/api/docs/codes.json'); })
  .then((codes) => {
    showCodes(codes);
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target) target.scrollIntoView();
  })
  .catch((error) => { document.getElementById('operations').textContent = `Cannot be loaded: ${error}`; });
