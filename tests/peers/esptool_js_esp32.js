// SPDX-License-Identifier: GPL-3.0-or-later
// esptool-js at a virtual ESP32, S3, C3 or C6, by the ROM's operations: its stub is not uploaded
// (the simulator doesn't run code of these processors), and what it leaves to the stub (attaching
// the flash, telling its size, the ROM's block size) is asked for by its own checkCommand.
//   esptool_js_esp32.js MODULES RFC2217-PORT TRACE FLASH-FILE CHIP IMAGE
"use strict";
const assert = require("node:assert");
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { Rfc2217Port, tracer, example, finish } = require("./port.js");

const [modules, tcp, trace, flash, chip, file] = process.argv.slice(2);
const traced = tracer(trace);
const entry = path.join(modules, "esptool-js/lib/index.js");
const terminal = {
	clean: () => {},
	writeLine: () => {},
	write: () => {},
};
console.log = ((log) => (line) => /^(not )?ok /.test(line) ? log(line) : console.error(line))(console.log);

const NAMES = { esp32: "ESP32", esp32s3: "ESP32-S3", esp32c3: "ESP32-C3", esp32c6: "ESP32-C6" };
// esptool-js sends FLASH_BEGIN with a fifth word to every ROM, and FLASH_DEFL_BEGIN without one to
// the C6's: by the document the ESP32's ROM takes four words and all later ones five, so on these
// two chips one way of writing is open.
const PLAIN = chip !== "esp32";
const DEFLATED = chip !== "esp32c6";
const ROM_BLOCK = 0x400;

function words(...values) {
	const bytes = Buffer.alloc(4 * values.length);
	values.forEach((value, i) => bytes.writeUInt32LE(value, 4 * i));
	return new Uint8Array(bytes);
}

async function write(loader, compress, address, data) {
	await loader.writeFlash({
		fileArray: [{ data, address }],
		flashSize: "keep", flashMode: "keep", flashFreq: "keep", compress, eraseAll: false,
	});
	const held = fs.readFileSync(flash).subarray(address, address + data.length);
	assert.ok(held.equals(Buffer.from(data)), "the flash differs from what was written");
}

async function main() {
	const api = await import(pathToFileURL(entry));
	const loader = new api.ESPLoader({
		transport: new api.Transport(new Rfc2217Port(Number(tcp))),
		baudrate: 921600,
		terminal,
	});
	const image = new Uint8Array(fs.readFileSync(file));
	const name = (what) => `esptool_js_esp32__${what}__${chip}`;

	await example(name("connects_and_tells_the_chip"), async () => {
		await loader.connect();
		assert.strictEqual(loader.chip.CHIP_NAME, NAMES[chip]);
		assert.ok(traced().some((l) => /reset cause 2 straps/.test(l)), "no reset by the lines");
	});
	await example(name("identifies"), async () => {
		assert.strictEqual(await loader.chip.readMac(loader), "34:85:18:12:34:56");
		assert.strictEqual(await loader.chip.getCrystalFreq(loader), 40);
		assert.match(await loader.chip.getChipDescription(loader), new RegExp(NAMES[chip]));
	});
	await example(name("changes_the_rate"), async () => {
		await loader.changeBaud();
		assert.strictEqual(loader.baudrate, 921600, "it went back");
		assert.ok(traced().some((l) => /rate 9[0-9]{5} /.test(l)));
	});
	await example(name("attaches_and_reads_the_flash_id"), async () => {
		await loader.checkCommand("attach", loader.ESP_SPI_ATTACH, words(0, 0));
		await loader.checkCommand("parameters", 0x0b,
			words(0, 0x400000, 0x10000, 0x1000, 0x100, 0xffff));
		assert.strictEqual((await loader.readFlashId()) & 0xffffff, 0x1640ef);
		assert.strictEqual(await loader.detectFlashSize(), "4MB");
	});
	loader.FLASH_WRITE_SIZE = ROM_BLOCK;
	if (DEFLATED)
		await example(name("writes_deflated"), () => write(loader, true, 0, image));
	if (PLAIN)
		await example(name("writes_plain"), () => write(loader, false, 0x200000, image.slice(0, 100001)));
	if (!DEFLATED)
		await example(name("writes_the_image_plain"), () => write(loader, false, 0, image));
	await example(name("checks_by_md5"), async () => {
		// It takes the ROM's 32 letters for bytes and tells their hexadecimals.
		const letters = Buffer.from(await loader.flashMd5sum(0, image.length), "hex").toString();
		assert.strictEqual(letters, crypto.createHash("md5").update(image).digest("hex"));
	});
	await example(name("reads_slowly"), async () => {
		const read = await loader.checkCommand("read", 0x0e, words(0x8000, 64), 0, 64);
		assert.ok(Buffer.from(read).equals(Buffer.from(image.slice(0x8000, 0x8040))));
	});
	await example(name("boots_what_was_written"), async () => {
		const from = traced().length;
		await loader.transport.setSignals(false, true);
		await new Promise((done) => setTimeout(done, 50));
		await loader.transport.setSignals(false, false);
		const until = Date.now() + 10000;
		while (!traced(from).some((l) => / mode app$/.test(l))) {
			assert.ok(Date.now() < until, "the application does not run");
			await new Promise((done) => setTimeout(done, 20));
		}
		await loader.transport.disconnect();
	});
	finish();
}
main().catch((e) => {
	console.log(`not ok esptool_js_esp32: ${e.message}`);
	console.error(e);
	process.exit(1);
});
