// The clone operation on Node's plain http server: no framework, other texts, the same contract.
// Usage: node node_clone.js KEY VM_ID; prints the port that it listens on.
'use strict';

const http = require('node:http');
const { randomUUID } = require('node:crypto');

const [key, machine] = process.argv.slice(2);
const machines = new Set([machine]);
let clones = 0;

function send(response, status, body, headers = {}) {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text), ...headers });
  response.end(text);
}

function problem(loc, msg) {
  return { loc, msg, type: 'invalid' };
}

function isAuthentic(headers) {
  const [scheme, token] = (headers.authorization || '').split(' ');
  return headers['x-api-key'] === key || (scheme.toLowerCase() === 'bearer' && token === key);
}

function readName(text, problems) {
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    problems.push(problem(['body'], 'not JSON'));
    return undefined;
  }
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    problems.push(problem(['body'], 'an object is needed'));
    return undefined;
  }
  const name = body.snapshot_name;
  if (name !== undefined && name !== null && typeof name !== 'string') {
    problems.push(problem(['body', 'snapshot_name'], 'a text or null'));
  }
  return name;
}

function readWait(parameters, problems) {
  const text = parameters.getAll('wait').pop() ?? 'true';
  if (text !== 'true' && text !== 'false') problems.push(problem(['query', 'wait'], 'true or false'));
  return text === 'true';
}

function clone(request, response, vmId, parameters, bytes) {
  if (!isAuthentic(request.headers)) {
    return send(response, 401, { message: 'unauthorized' }, { 'WWW-Authenticate': 'Bearer' });
  }
  const problems = [];
  const wait = readWait(parameters, problems);
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return send(response, 400, { message: 'the body is not UTF-8' });
  }
  const name = readName(text, problems);
  if (problems.length) return send(response, 422, { detail: problems });
  if (!machines.has(vmId)) return send(response, 404, { message: 'no such machine' });
  clones += 1;
  machines.add(`vmid-node-${clones}`);
  return send(response, 200, {
    status: wait ? 'active' : 'creating',
    session_id: randomUUID(),
    vm_id: wait ? `vmid-node-${clones}` : null,
    snapshot_deleted: name === undefined || name === null,
  });
}

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const [path, query] = request.url.split('?');
    const found = /^\/v1\/vms\/([^/]+)\/clone$/.exec(path);
    if (!found) return send(response, 404, { message: 'not found' });
    if (request.method !== 'POST') return send(response, 405, { message: 'POST it' }, { Allow: 'POST' });
    let vmId;
    try {
      vmId = decodeURIComponent(found[1]);
    } catch {
      return send(response, 404, { message: 'not found' });
    }
    return clone(request, response, vmId, new URLSearchParams(query), Buffer.concat(chunks));
  });
});

server.listen(0, '127.0.0.1', () => console.log(server.address().port));
