// Serves the viewer's files on 127.0.0.1 and hands /dicom-web and /wado on to the archive, so that
// the browser sees one origin.   node serve.js FOLDER PORT ARCHIVE-HTTP-PORT
'use strict';
const fs = require('fs');
const http = require('http');
const path = require('path');

const [folder, port, archivePort] = [path.resolve(process.argv[2]), +process.argv[3], +process.argv[4]];
const config = fs.readFileSync(path.join(__dirname, 'ohif-config.js'));
const types = {
  '.html': 'text/html', '.js': 'application/javascript', '.mjs': 'application/javascript',
  '.css': 'text/css', '.json': 'application/json', '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml', '.png': 'image/png', '.ico': 'image/x-icon', '.woff2': 'font/woff2',
};

// The Host header stays the browser's: the archive builds the addresses of bulk data from it.
function forward(request, response) {
  const onward = http.request(
    { host: '127.0.0.1', port: archivePort, path: request.url, method: request.method, headers: request.headers },
    (answer) => { response.writeHead(answer.statusCode, answer.headers); answer.pipe(response); });
  onward.on('error', (e) => { response.writeHead(502); response.end(String(e)); });
  request.pipe(onward);
}

function sendFile(name, response) {
  let file = path.join(folder, path.normalize(decodeURIComponent(name)));
  const known = file.startsWith(folder) && fs.existsSync(file) && fs.statSync(file).isFile();
  if (!known && path.extname(name)) { response.writeHead(404); response.end(); return; }
  if (!known) { file = path.join(folder, 'index.html'); }     // a page of the application
  response.setHeader('content-type', types[path.extname(file)] || 'application/octet-stream');
  fs.createReadStream(file).pipe(response);
}

http.createServer((request, response) => {
  const name = new URL(request.url, 'http://viewer').pathname;
  if (name.startsWith('/dicom-web') || name.startsWith('/wado')) { forward(request, response); return; }
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  if (name === '/app-config.js') {
    response.setHeader('content-type', types['.js']);
    response.end(config);
    return;
  }
  sendFile(name, response);
}).listen(port, '127.0.0.1');
