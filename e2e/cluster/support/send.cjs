// Runs inside a container, as `node -e`: sends the requests of its argument one after the other, each on a connection
// of its own and with its path as it is, and prints a line of JSON for each.
const http = require('node:http');
const requests = JSON.parse(process.argv[1]);
const send = ({ url, method = 'GET', headers = {}, body }) =>
  new Promise((resolve) => {
    const [, host, port = '80', path] = /^http:\/\/([^/:]+|\[[^\]]*\])(?::(\d+))?(\/.*)$/.exec(url);
    const options = {
      host: host.replace(/[[\]]/g, ''),
      port,
      path,
      method,
      headers: { host: `${host}:${port}`, ...headers },
    };
    const request = http.request({ ...options, agent: false, timeout: 20000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: text }));
      response.on('error', (error) => resolve({ error: error.code ?? error.message }));
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', (error) => resolve({ error: error.code ?? error.message }));
    request.end(body);
  });
void (async () => {
  for (const request of requests) process.stdout.write(`${JSON.stringify(await send(request))}\n`);
})();
