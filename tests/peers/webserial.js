// SPDX-License-Identifier: GPL-3.0-or-later
// tasmota-webserial-esptool, the flasher behind Tasmota's web installer, at the virtual device.
// Without its stub it writes by the ROM's commands, 1 KiB a block.
//   webserial.js MODULES RFC2217-PORT PTY IMAGE FLASH-FILE TRACE
"use strict";
const assert = require("node:assert");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { PtyPort, Rfc2217Port, tracer, example, finish } = require("./port.js");

const [modules, tcp, pty, image, flash, trace] = process.argv.slice(2);
const traced = tracer(trace);
const entry = path.join(modules, "tasmota-webserial-esptool/dist/web/index.js");
const logger = {
	log: (...a) => console.error("  ", ...a),
	debug: () => {},
	error: (...a) => console.error("  !", ...a),
};
const MAC = [0x5c, 0xcf, 0x7f, 0x12, 0x34, 0x56];

function hand(command) {
	const device = path.join(process.env.B, "virtual-device");
	return execFileSync(device, ["--hand", process.env.CTL, "-c", command], { encoding: "utf8" });
}
function flashIs(bytes) {
	const is = fs.readFileSync(flash).subarray(0, bytes.length);
	assert.ok(is.equals(bytes), "the flash differs from the file");
}
async function connect(api, port) {
	await port.open({ baudRate: 115200 });
	const loader = new api.ESPLoader(port, logger);
	await loader.initialize();
	assert.strictEqual(loader.chipFamily, api.CHIP_FAMILY_ESP8266);
	assert.strictEqual(loader.chipName, "ESP8266");
	assert.deepStrictEqual(Array.from(loader.macAddr()), MAC);
	return loader;
}
async function write(loader, bytes) {
	let last = 0;
	const copy = new Uint8Array(bytes).buffer; // its own: a Buffer is part of a pool
	await loader.flashData(copy, (written) => (last = written), 0, false);
	assert.strictEqual(last, bytes.length);
	assert.strictEqual(loader.IS_STUB, false);
	flashIs(bytes);
}
async function hears(port, wanted) {
	const reader = port.readable.getReader();
	let text = "";
	const late = setTimeout(() => reader.cancel(), 10000);
	while (!text.includes(wanted)) {
		const { value, done } = await reader.read();
		if (done)
			throw new Error(`not heard: ${wanted}, but: ${JSON.stringify(text.slice(-200))}`);
		text += Buffer.from(value).toString("latin1");
	}
	clearTimeout(late);
	reader.releaseLock();
}

async function main() {
	const api = await import(pathToFileURL(entry));
	const bytes = fs.readFileSync(image);
	let loader = null;

	await example("webserial__connects_and_identifies__by_the_reset_lines", async () => {
		loader = await connect(api, new Rfc2217Port(Number(tcp)));
		assert.ok(traced().some((l) => /reset cause \d+ straps 1$/.test(l)), "no reset by the lines");
	});
	await example("webserial__flashes__by_rom_commands", async () => {
		const from = traced().length;
		await write(loader, bytes);
		const asked = traced(from).map((l) => / command (..) /.exec(l)?.[1]).filter(Boolean);
		assert.deepStrictEqual([...new Set(asked)], ["02", "03"]); // no stub loaded, no END
	});
	await example("webserial__changes_the_rate__and_hears_the_rom_and_the_application", async () => {
		const port = loader.port;
		await loader.reconfigurePort(74880);
		await loader._reader.cancel();
		loader._writer?.releaseLock();
		await port.close();
		await port.open({ baudRate: 74880 });
		await port.setSignals({ dataTerminalReady: false, requestToSend: true });
		await new Promise((done) => setTimeout(done, 50));
		await port.setSignals({ requestToSend: false });
		await hears(port, "ets Jan  8 2013,rst cause:");
		await port.close();
		await port.open({ baudRate: 115200 });
		await hears(port, "Project tasmota");
		await port.close();
	});
	await example("webserial__flashes__with_the_button_held", async () => {
		// No lines at the pseudo-terminal: a hand holds the button. An image that covers an odd
		// and small number of sectors has the chip's erase bug worked around differently.
		hand("power off");
		hand("button down");
		hand("power on");
		const small = bytes.subarray(0, 5 * 4096 + 100);
		const other = Buffer.from(small).map((byte, i) => (i < 16 ? byte : byte ^ 0x5a));
		const port = new PtyPort(pty);
		loader = await connect(api, port);
		await write(loader, other);
		await loader._reader.cancel();
		loader._writer?.releaseLock();
		await port.close();
	});
	finish();
}
main().catch((e) => {
	console.log(`not ok webserial: ${e.message}`);
	console.error(e);
	process.exit(1);
});
