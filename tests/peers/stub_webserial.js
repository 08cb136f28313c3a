// SPDX-License-Identifier: GPL-3.0-or-later
// The stub that tasmota-webserial-esptool carries (the older of the two that are about), as machine
// code on the virtual chip's core: greeting, rate, writing plain and deflated, reading, erasing.
//   stub_webserial.js MODULES RFC2217-PORT IMAGE FLASH-FILE TRACE
"use strict";
const assert = require("node:assert");
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { Rfc2217Port, tracer, example, finish } = require("./port.js");

const [modules, tcp, image, flash, trace] = process.argv.slice(2);
const traced = tracer(trace);
const entry = path.join(modules, "tasmota-webserial-esptool/dist/web/index.js");
const logger = {
	log: (...a) => console.error("  ", ...a),
	debug: () => {},
	error: (...a) => console.error("  !", ...a),
};
const md5 = (bytes) => crypto.createHash("md5").update(bytes).digest("hex");
const inFlash = (from, n) => fs.readFileSync(flash).subarray(from, from + n);
const sane = () => assert.ok(!traced().some((l) => /cpu stops|overrun|uart .* fifo/.test(l)),
	traced().find((l) => /cpu stops|overrun|uart .* fifo/.test(l)));

async function main() {
	const api = await import(pathToFileURL(entry));
	const bytes = fs.readFileSync(image);
	const port = new Rfc2217Port(Number(tcp));
	let stub = null;
	const write = (data, offset, compress) => stub.flashData(
		new Uint8Array(data).buffer, () => {}, offset, compress);

	await example("stub_webserial__greets__and_finds_the_flash", async () => {
		await port.open({ baudRate: 115200 });
		const loader = new api.ESPLoader(port, logger);
		await loader.initialize();
		stub = await loader.runStub();
		assert.strictEqual(stub.IS_STUB, true);
		assert.ok(traced().some((l) => / ram entry 4010/.test(l)), "nothing was started in RAM");
		assert.strictEqual(stub.flashSize ?? loader.flashSize, "1MB");
		sane();
	});
	await example("stub_webserial__changes_the_rate", async () => {
		await stub.setBaudrate(460800);
		assert.ok(traced().some((l) => / rate 4521\d\d /.test(l)), "the chip's rate was not changed");
		assert.strictEqual((await stub.readRegister(0x40001000)) >>> 0, 0xfff0c101);
	});
	await example("stub_webserial__writes_deflated", async () => {
		await write(bytes, 0, true);
		assert.ok(inFlash(0, bytes.length).equals(bytes), "the flash differs");
		sane();
	});
	await example("stub_webserial__writes_plain", async () => {
		const part = Buffer.from(bytes.subarray(0, 50000)).map((b) => b ^ 0x5a);
		await write(part, 0xc0000, false);
		assert.ok(inFlash(0xc0000, part.length).equals(part), "the flash differs");
		sane();
	});
	await example("stub_webserial__reads__what_is_there", async () => {
		const read = await stub.readFlash(0x3000, 0x21000);
		assert.strictEqual(md5(Buffer.from(read)), md5(inFlash(0x3000, 0x21000)));
		sane();
	});
	await example("stub_webserial__erases__the_chip", async () => {
		await stub.eraseFlash();
		assert.ok(fs.readFileSync(flash).every((b) => b === 0xff), "not all is blank");
		sane();
	});
	finish();
}
main().catch((e) => {
	console.log(`not ok stub_webserial: ${e.message}`);
	console.error(e);
	process.exit(1);
});
