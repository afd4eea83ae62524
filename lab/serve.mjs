// Serves the folder of the page to this machine: serve.mjs FOLDER [PORT]. Any other static server does as well.
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';

const [folder = '../build/lab', port = '8080'] = process.argv.slice(2);
const page = join(resolve(folder), 'index.html');
if (!existsSync(page)) {
  console.error(`serve.mjs: ${page} is missing; scripts/lab --build makes it`);
  process.exit(2);
}
const server = createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  if (path !== '/' && path !== '/index.html') {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
  createReadStream(page).pipe(response);
});
server.on('error', (error) => {
  console.error(`serve.mjs: port ${port}: ${error.message}; --port takes another`);
  process.exit(2);
});
server.listen(Number(port), '127.0.0.1', () => console.log(`The lab: http://localhost:${port}/  (or open ${page}). Control-C ends it.`));
