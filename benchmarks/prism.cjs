// Answers requests, a JSON object a line, as Prism's dynamic mode does, without sockets or validation of the request.
const { createClientFromOperations } = require('@stoplight/prism-http/dist/client');
const { getHttpOperationsFromSpec } = require('@stoplight/prism-cli/dist/operations');
const readline = require('readline');
const pino = require('pino');

(async () => {
  const config = {
    mock: { dynamic: true }, isProxy: false, validateRequest: false, validateResponse: false, checkSecurity: false,
    errors: false, logger: Object.assign(pino({ level: 'silent' }), { success: () => {} }),
  };
  const client = createClientFromOperations(await getHttpOperationsFromSpec(process.argv[2]), config);
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { method, url, status, media_type } = JSON.parse(line);
    let answer;
    try {
      const mock = { dynamic: true, code: Number(status), mediaTypes: [media_type] };
      const { status: code, data } = await client.request(url, { method: method.toLowerCase(), headers: {} }, { mock });
      answer = { status: code, body: JSON.stringify(data === undefined ? null : data) };
    } catch (error) {
      answer = { status: 0, body: String((error && error.message) || error).slice(0, 300) };
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
})().catch((error) => { console.error(error); process.exit(1); });
