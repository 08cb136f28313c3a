// SPDX-License-Identifier: GPL-3.0-or-later
// Ports that look like a browser's (Web Serial: open, readable, writable, setSignals, getInfo,
// close), for peers that were written for browsers: one at a pseudo-terminal, which has no modem
// lines, and one at an RFC 2217 server (a small client of our own), which has.
"use strict";
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const net = require("node:net");
const tty = require("node:tty");

const IAC = 255, DONT = 254, DO = 253, WONT = 252, WILL = 251, SB = 250, SE = 240;
const BINARY = 0, SGA = 3, COM_PORT = 44;
const SET_BAUDRATE = 1, SET_CONTROL = 5;
// What a browser would tell of the adapter.
const USB = { usbVendorId: 0x0403, usbProductId: 0x6001 };

// The streams; _start, _send and _stop are the way to the wire.
class Port {
	constructor() {
		this.readable = null;
		this.writable = null;
	}
	getInfo() {
		return USB;
	}
	async open(options) {
		if (this.readable || this.writable)
			throw new Error("the port is already open");
		if (!Number.isInteger(options.baudRate) || options.baudRate <= 0)
			throw new TypeError("baudRate is required");
		await this._start(options.baudRate);
		this.readable = new ReadableStream({
			start: (controller) => {
				this.controller = controller;
			},
			cancel: () => {
				this.controller = null;
			},
		});
		this.writable = new WritableStream({ write: (chunk) => this._send(Buffer.from(chunk)) });
	}
	async close() {
		if (this.readable?.locked || this.writable?.locked)
			throw new TypeError("a stream of the port is locked");
		this._received(null);
		this.readable = this.writable = null;
		await this._stop();
	}
	_received(bytes) {
		if (!this.controller)
			return;
		if (bytes === null) {
			this.controller.close();
			this.controller = null;
		} else if (bytes.length > 0) {
			this.controller.enqueue(new Uint8Array(bytes));
		}
	}
}

class PtyPort extends Port {
	constructor(path) {
		super();
		this.path = path;
	}
	async _start(baud) {
		execFileSync("stty", ["-F", this.path, String(baud), "raw", "-echo", "clocal"]);
		this.fd = fs.openSync(this.path, fs.constants.O_RDWR | fs.constants.O_NOCTTY);
		this.tty = new tty.ReadStream(this.fd);
		this.tty.on("data", (bytes) => this._received(bytes));
		this.tty.on("error", () => this._received(null));
	}
	async _send(bytes) {
		const end = Date.now() + 20000;
		for (let at = 0; at < bytes.length; ) {
			try {
				at += fs.writeSync(this.fd, bytes, at);
			} catch (e) {
				if (e.code !== "EAGAIN" || Date.now() > end)
					throw e;
				await new Promise((done) => setTimeout(done, 2));
			}
		}
	}
	async _stop() {
		this.tty.destroy();
	}
	// As an adapter without these lines: they lead nowhere.
	async setSignals() {}
}

class Rfc2217Port extends Port {
	constructor(port) {
		super();
		this.port = port;
	}
	async _start(baud) {
		this.state = "data";
		this.rest = Buffer.alloc(0);
		this.sub = [];
		this.socket = net.connect(this.port, "127.0.0.1");
		this.socket.setNoDelay(true);
		const answered = new Promise((done, fail) => {
			this.rateAnswered = done;
			this.socket.on("error", fail);
			this.socket.on("close", () => fail(new Error("the server closed the connection")));
		});
		this.socket.on("data", (bytes) => this._received(this._decode(bytes)));
		this.socket.on("close", () => this._received(null));
		for (const option of [COM_PORT, BINARY, SGA])
			this.socket.write(Buffer.from([IAC, WILL, option, IAC, DO, option]));
		const rate = Buffer.alloc(4);
		rate.writeUInt32BE(baud);
		this._request(SET_BAUDRATE, rate);
		const late = setTimeout(() => this.socket.destroy(), 5000);
		if ((await answered) !== baud)
			throw new Error(`the server does not take ${baud} bit/s`);
		clearTimeout(late);
	}
	_request(command, value) {
		const body = Buffer.from([COM_PORT, command, ...value]);
		this.socket.write(Buffer.from([IAC, SB, ...this._doubled(body), IAC, SE]));
	}
	_doubled(bytes) {
		const out = [];
		for (const byte of bytes)
			byte === IAC ? out.push(IAC, IAC) : out.push(byte);
		return out;
	}
	// Takes the server's telnet words out; options need no answer: ours were said first.
	_decode(bytes) {
		const out = [];
		for (const byte of bytes)
			this._byte(byte, out);
		return out;
	}
	_byte(byte, out) {
		switch (this.state) {
		case "data":
			byte === IAC ? (this.state = "iac") : out.push(byte);
			break;
		case "iac":
			if (byte === IAC)
				out.push(byte);
			if (byte === SB)
				this.sub = [];
			this.state = byte === SB ? "sub" : [WILL, WONT, DO, DONT].includes(byte) ? "option" : "data";
			break;
		case "option":
			this.state = "data";
			break;
		case "sub":
			byte === IAC ? (this.state = "sub-iac") : this.sub.push(byte);
			break;
		case "sub-iac":
			if (byte === IAC)
				this.sub.push(byte);
			this.state = byte === IAC ? "sub" : "data";
			if (byte === SE)
				this._answer(Buffer.from(this.sub));
			break;
		}
	}
	_answer(sub) {
		if (sub.length === 6 && sub[0] === COM_PORT && sub[1] === SET_BAUDRATE + 100)
			this.rateAnswered(sub.readUInt32BE(2));
	}
	async _send(bytes) {
		await new Promise((done, fail) =>
			this.socket.write(Buffer.from(this._doubled(bytes)), (e) => (e ? fail(e) : done())));
	}
	async _stop() {
		const socket = this.socket; // when the time comes another one may be open
		await new Promise((done) => {
			socket.once("close", done);
			socket.end();
			setTimeout(() => socket.destroy(), 1000).unref();
		});
	}
	async setSignals(signals) {
		if (signals.dataTerminalReady !== undefined)
			this._request(SET_CONTROL, [signals.dataTerminalReady ? 8 : 9]);
		if (signals.requestToSend !== undefined)
			this._request(SET_CONTROL, [signals.requestToSend ? 11 : 12]);
		if (signals.break !== undefined)
			this._request(SET_CONTROL, [signals.break ? 5 : 6]);
	}
}

// The lines of the virtual device's trace from the Nth on.
function tracer(file) {
	return (from = 0) => fs.readFileSync(file, "latin1").split("\n").filter(Boolean).slice(from);
}

// The cases of a script: "ok NAME" or "not ok NAME: why", one after the other.
let failures = 0;
async function example(name, body) {
	try {
		await body();
		console.log(`ok ${name}`);
	} catch (e) {
		failures++;
		console.log(`not ok ${name}: ${String(e?.message ?? e).replace(/\n/g, " ")}`);
		console.error(e);
	}
}
function finish() {
	process.exit(failures > 0 ? 1 : 0);
}

module.exports = { PtyPort, Rfc2217Port, tracer, example, finish };
