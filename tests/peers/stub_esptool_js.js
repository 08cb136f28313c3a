// SPDX-License-Identifier: GPL-3.0-or-later
// The stub that esptool-js carries, as machine code on the virtual chip's core: greeting, rate,
// writing plain and deflated, MD5, reading, erasing, the start of the application.
//   stub_esptool_js.js MODULES RFC2217-PORT IMAGE FLASH-FILE TRACE
"use strict";
const assert = require("node:assert");
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { Rfc2217Port, tracer, example, finish } = require("./port.js");

const [modules, tcp, image, flash, trace] = process.argv.slice(2);
const traced = tracer(trace);
const entry = path.join(modules, "esptool-js/lib/index.js");
const terminal = {
	clean: () => {},
	writeLine: (line) => console.error("  ", line),
	write: (text) => console.error("  ", text),
};
console.log = ((log) => (line) => /^(not )?ok /.test(line) ? log(line) : console.error(line))(console.log);

const md5 = (bytes) => crypto.createHash("md5").update(bytes).digest("hex");
const inFlash = (from, n) => fs.readFileSync(flash).subarray(from, from + n);
const sane = () => assert.ok(!traced().some((l) => /cpu stops|overrun|uart .* fifo/.test(l)),
	traced().find((l) => /cpu stops|overrun|uart .* fifo/.test(l)));

async function main() {
	const api = await import(pathToFileURL(entry));
	const bytes = new Uint8Array(fs.readFileSync(image));
	const loader = new api.ESPLoader({
		transport: new api.Transport(new Rfc2217Port(Number(tcp))),
		baudrate: 460800,
		terminal,
	});
	const write = (data, address, compress) => loader.writeFlash({
		fileArray: [{ data, address }],
		flashSize: "keep", flashMode: "keep", flashFreq: "keep", compress, eraseAll: false,
		calculateMD5Hash: md5,
	});
	await example("stub_esptool_js__greets__and_changes_the_rate", async () => {
		await loader.main();
		assert.strictEqual(loader.IS_STUB, true);
		assert.strictEqual(loader.baudrate, 460800);
		assert.ok(traced().some((l) => / ram entry 4010/.test(l)), "nothing was started in RAM");
		assert.ok(traced().some((l) => / rate 4521\d\d /.test(l)), "the chip's rate was not changed");
		sane();
	});
	await example("stub_esptool_js__identifies__through_the_stub", async () => {
		assert.strictEqual((await loader.readReg(0x40001000)) >>> 0, 0xfff0c101);
		assert.strictEqual(await loader.chip.readMac(loader), "5c:cf:7f:12:34:56");
		assert.strictEqual(await loader.readFlashId(), 0x1440ef);
	});
	await example("stub_esptool_js__writes_deflated__and_verifies", async () => {
		await write(bytes, 0, true);
		assert.ok(inFlash(0, bytes.length).equals(Buffer.from(bytes)), "the flash differs");
		sane();
	});
	await example("stub_esptool_js__writes_plain__and_verifies", async () => {
		const part = bytes.slice(0, 50000).map((b) => b ^ 0x5a);
		await write(part, 0xc0000, false);
		assert.ok(inFlash(0xc0000, part.length).equals(Buffer.from(part)), "the flash differs");
		sane();
	});
	await example("stub_esptool_js__md5__is_that_of_the_flash", async () => {
		assert.strictEqual(await loader.flashMd5sum(0x1234, 70001), md5(inFlash(0x1234, 70001)));
	});
	await example("stub_esptool_js__reads__what_is_there", async () => {
		const read = await loader.readFlash(0x3000, 0x21000);
		assert.strictEqual(md5(Buffer.from(read)), md5(inFlash(0x3000, 0x21000)));
		// The stub ends with the sum, which esptool-js leaves unread. What comes while it is being
		// sent that stub loses (it releases the buffer of the next command too).
		const sum = await loader.transport.read(3000);
		assert.strictEqual(Buffer.from(sum).toString("hex"), md5(Buffer.from(read)));
		sane();
	});
	await example("stub_esptool_js__erases__the_chip", async () => {
		await loader.eraseFlash();
		assert.ok(fs.readFileSync(flash).every((b) => b === 0xff), "not all is blank");
		sane();
		await loader.transport.disconnect();
	});
	finish();
}
main().catch((e) => {
	console.log(`not ok stub_esptool_js: ${e.message}`);
	console.error(e);
	process.exit(1);
});
