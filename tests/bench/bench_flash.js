// SPDX-License-Identifier: GPL-3.0-or-later
// One npm tool writes a file: reset, stub, rate, deflated, MD5. Prints the seconds from the call to
// the end.
//   bench_flash.js TOOL MODULES RFC2217-PORT BAUD IMAGE
"use strict";
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { Rfc2217Port } = require("../peers/port.js");

const [tool, modules, tcp, baud, image] = process.argv.slice(2);
const bytes = new Uint8Array(fs.readFileSync(image));
const md5 = (b) => crypto.createHash("md5").update(b).digest("hex");
const quiet = () => {};
console.log = quiet;

async function esptoolJs(api) {
	const loader = new api.ESPLoader({
		transport: new api.Transport(new Rfc2217Port(Number(tcp))),
		baudrate: Number(baud),
		terminal: { clean: quiet, writeLine: quiet, write: quiet },
	});
	await loader.main();
	await loader.writeFlash({
		fileArray: [{ data: bytes, address: 0 }],
		flashSize: "keep", flashMode: "keep", flashFreq: "keep", compress: true, eraseAll: false,
		calculateMD5Hash: md5,
	});
}

// It verifies nothing by itself.
async function webserial(api) {
	const port = new Rfc2217Port(Number(tcp));
	await port.open({ baudRate: 115200 });
	const loader = new api.ESPLoader(port, { log: quiet, debug: quiet, error: quiet });
	await loader.initialize();
	const stub = await loader.runStub();
	if (Number(baud) !== 115200)
		await stub.setBaudrate(Number(baud));
	await stub.flashData(bytes.buffer, quiet, 0, true);
}

async function main() {
	const js = tool === "esptool-js";
	const api = await import(pathToFileURL(path.join(modules,
		js ? "esptool-js/lib/index.js" : "tasmota-webserial-esptool/dist/web/index.js")));
	const began = process.hrtime.bigint();
	await (js ? esptoolJs(api) : webserial(api));
	process.stdout.write(`${Number(process.hrtime.bigint() - began) / 1e9}\n`);
	process.exit(0);
}
main().catch((e) => {
	process.stderr.write(`${e.message}\n`);
	process.exit(1);
});
