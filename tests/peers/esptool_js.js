// SPDX-License-Identifier: GPL-3.0-or-later
// esptool-js, Espressif's flasher for browsers, at the virtual device. It identifies the chip; to
// write without its stub it asks FLASH_BEGIN with a fifth word and 16 KiB blocks, which the
// ESP8266's ROM takes neither of, and so must the virtual device.
//   esptool_js.js MODULES RFC2217-PORT TRACE FLASH-FILE
"use strict";
const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { Rfc2217Port, tracer, example, finish } = require("./port.js");

const [modules, tcp, trace, flash] = process.argv.slice(2);
const traced = tracer(trace);
const entry = path.join(modules, "esptool-js/lib/index.js");
const terminal = {
	clean: () => {},
	writeLine: (line) => console.error("  ", line),
	write: (text) => console.error("  ", text),
};
console.log = ((log) => (line) => /^(not )?ok /.test(line) ? log(line) : console.error(line))(console.log);

// The first command of that opcode in the trace, and what was answered to it.
function asked(from, op) {
	const lines = traced(from);
	const at = lines.findIndex((l) => l.includes(` command ${op} `));
	assert.ok(at >= 0, `no command ${op} in the trace`);
	return { command: lines[at], answer: lines.slice(at).find((l) => / answer op /.test(l)) };
}
// Only the ROM's 01 05 counts, not silence.
async function refused(promise) {
	const error = await promise.then(() => null, (e) => e);
	assert.ok(error, "it was not refused");
	assert.match(error.message, /enter Flash download mode failed with status 1,5/);
}

async function main() {
	const api = await import(pathToFileURL(entry));
	const loader = new api.ESPLoader({
		transport: new api.Transport(new Rfc2217Port(Number(tcp))),
		baudrate: 115200,
		terminal,
	});
	await example("esptool_js__connects__by_the_reset_lines", async () => {
		await loader.connect();
		assert.strictEqual(loader.chip.CHIP_NAME, "ESP8266");
		assert.ok(traced().some((l) => /reset cause \d+ straps 1$/.test(l)), "no reset by the lines");
	});
	await example("esptool_js__identifies_the_chip", async () => {
		assert.strictEqual((await loader.readReg(0x40001000)) >>> 0, 0xfff0c101);
		assert.strictEqual(await loader.chip.getChipDescription(loader), "ESP8266EX");
		assert.strictEqual(await loader.chip.getCrystalFreq(loader), 26);
		assert.strictEqual(await loader.chip.readMac(loader), "5c:cf:7f:12:34:56");
	});
	await example("esptool_js__is_refused__writing_without_a_stub", async () => {
		const before = fs.readFileSync(flash);
		const from = traced().length;
		await refused(loader.writeFlash({
			fileArray: [{ data: new Uint8Array(8192).fill(0x42), address: 0 }],
			flashSize: "keep", flashMode: "keep", flashFreq: "keep", compress: false, eraseAll: false,
		}));
		const { command, answer } = asked(from, "02");
		assert.match(command, /command 02 len 20 words 00002000 00000001 00004000 00000000$/);
		assert.match(answer, /status 1 code 05$/);
		assert.ok(!traced(from).some((l) => / (erase|command 03) /.test(l)), "something was done");
		assert.ok(fs.readFileSync(flash).equals(before), "the flash was touched");
	});
	await example("esptool_js__is_refused__for_the_block_size_alone", async () => {
		// As to a stub: four words. What is left is the block size.
		const from = traced().length;
		loader.IS_STUB = true;
		await refused(loader.flashBegin(8192, 0));
		loader.IS_STUB = false;
		const { command, answer } = asked(from, "02");
		assert.match(command, /command 02 len 16 words 00002000 00000001 00004000 00000000$/);
		assert.match(answer, /status 1 code 05$/);
		assert.ok(!traced(from).some((l) => / erase /.test(l)), "something was erased");
	});
	await example("esptool_js__is_taken__with_what_the_rom_takes", async () => {
		// The same words but for the block size: so it was that.
		loader.IS_STUB = true;
		loader.FLASH_WRITE_SIZE = 0x400;
		await loader.flashBegin(8192, 0);
		loader.IS_STUB = false;
	});
	await example("esptool_js__identifies__after_being_refused", async () => {
		assert.strictEqual(await loader.chip.readMac(loader), "5c:cf:7f:12:34:56");
		await loader.transport.disconnect();
	});
	finish();
}
main().catch((e) => {
	console.log(`not ok esptool_js: ${e.message}`);
	console.error(e);
	process.exit(1);
});
