// A telephone system that speaks HTTP/2 where it is offered: a chain, and calls of the same sound but for its last byte, which is the number of the call.
// node http2_server.mjs FOLDER CALLS: key.pem, ca.pem and sound in FOLDER; prints its address, writes a line of JSON for each
// request to FOLDER/requests.jsonl when it has been answered. FOLDER/plan.json: what happens to the first, second, ... request
// for a path, as {"/calls/CA1/recording": [{"reset": 100000}, {"status": 503, "retryAfter": 1}, {"goaway": 5000}]}.
import fs from "node:fs";
import http2 from "node:http2";
import path from "node:path";

const [folder, calls] = [process.argv[2], Number(process.argv[3])];
const inFolder = (name) => path.join(folder, name);
const common = fs.readFileSync(inFolder("sound"));
const plan = JSON.parse(fs.readFileSync(inFolder("plan.json"), "utf8"));
const mark = '"one-version"';
const pieceBytes = 32 * 1024;

const sids = Array.from({ length: calls }, (_, i) => `CA${i}`);
const sessions = new Map();
let underway = 0;

function sendPieces(response, sound, from, bytes, pause, done) {
    const piece = sound.subarray(from, from + Math.min(bytes, pieceBytes));
    if (response.destroyed || piece.length === 0) {
        return done();
    }
    response.write(piece, () =>
        setTimeout(() => sendPieces(response, sound, from + piece.length, bytes - piece.length, pause, done), pause),
    );
}

function recording(request, response, sid, fault) {
    const sound = Buffer.from(common);
    sound[sound.length - 1] = Number(sid.slice("CA".length));
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
    const from = range && request.headers["if-range"] === mark ? Number(range[1]) : 0;
    const headers = { "content-type": "audio/flac", "content-length": sound.length - from, etag: mark };
    if (from > 0) {
        headers["content-range"] = `bytes ${from}-${sound.length - 1}/${sound.length}`;
    }
    response.writeHead(from > 0 ? 206 : 200, headers);
    const most = fault.reset ?? fault.goaway ?? sound.length;
    sendPieces(response, sound, from, Math.min(most, sound.length - from), fault.pause ?? 0, () => {
        if (fault.reset !== undefined) {
            response.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
        } else if (fault.goaway !== undefined) {
            // As a server that is shut down, which does not wait for what it has begun; others may have ended it before.
            const session = request.stream.session;
            session?.goaway(http2.constants.NGHTTP2_NO_ERROR);
            session?.destroy();
        } else {
            response.end();
        }
    });
}

function json(response, value) {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(value));
}

function answer(request, response) {
    const url = new URL(request.url, "https://any");
    const fault = plan[url.pathname]?.shift() ?? plan["*"] ?? {};
    const session = request.stream?.session ?? request.socket;
    if (!sessions.has(session)) {
        sessions.set(session, sessions.size);
    }
    underway += 1;
    const line = {
        path: url.pathname,
        range: request.headers.range ?? "",
        version: request.httpVersion,
        session: sessions.get(session),
        underway,
    };
    response.on("close", () => {
        underway -= 1;
        fs.appendFileSync(inFolder("requests.jsonl"), JSON.stringify(line) + "\n");
    });
    if (fault.status) {
        response.writeHead(fault.status, { "retry-after": String(fault.retryAfter) });
        return response.end();
    }
    if (url.pathname === "/chains") {
        return json(response, [{ chainId: "C1", name: "Platinum Motors (invented)" }]);
    }
    if (url.pathname === "/calls") {
        const [at, most] = [Number(url.searchParams.get("cursor") ?? 0), Number(url.searchParams.get("limit"))];
        const page = sids.slice(at, at + most).map((callSid) => ({ callSid, startedAt: "2026-11-12T09:41:00" }));
        return json(response, { calls: page, total: calls, ...(at + most < calls && { cursor: String(at + most) }) });
    }
    return recording(request, response, url.pathname.split("/")[2], fault);
}

const server = http2.createSecureServer(
    { key: fs.readFileSync(inFolder("key.pem")), cert: fs.readFileSync(inFolder("ca.pem")), allowHTTP1: true },
    answer,
);
server.on("sessionError", () => {});
server.listen(0, "127.0.0.1", () => console.log(`https://127.0.0.1:${server.address().port}`));
