#!/usr/bin/python3
"""A decoders' host in place of chat-decode, whose decoders are taken over by recordings that begin with HOSTILE.

Everything else goes to the real one, which `real` beside this file leads to. The second word of a hostile recording says
what its decoder does. Messages as in src/chat/audio/decode_protocol.cpp.
"""

import array
import os
import pathlib
import signal
import socket
import struct
import subprocess
import threading

OPENED, BLOCK = 0x434F0001, 0x43420001
FRAMES = 1 << 20


def opened(channels=1):
    return struct.pack("<II32s32siiqd", OPENED, 88, b"wav", b"pcm_s16le", 8000, channels, 0, 1.0)


def block(value, frames=FRAMES):
    return struct.pack("<II", BLOCK, 4 * frames) + array.array("f", [value]).tobytes() * frames


def endless(output):
    os.write(output, opened())
    silence = memoryview(block(0.0))
    while True:
        sent = 0
        while sent < len(silence):
            sent += os.write(output, silence[sent:])


ATTACKS = {
    "garbage": lambda output: os.write(output, bytes(range(256)) * 8),
    "channels": lambda output: os.write(output, opened(channels=1_000_000)),
    "length": lambda output: os.write(output, opened() + struct.pack("<II", BLOCK, 0xFFFF_FFF8)),
    "twice": lambda output: os.write(output, opened() + opened()),
    "nan": lambda output: os.write(output, opened() + block(float("nan"), 1000)),
    "loud": lambda output: os.write(output, opened() + block(1e30, 1000)),
    "dies": lambda output: os.write(output, opened() + block(0.0, 1000)[:-1]),
    "silent": lambda output: signal.pause(),
    "endless": endless,
}


def take_over(attack, output, ending):
    try:
        ATTACKS[attack](output)
    except BrokenPipeError:
        pass
    os.close(output)
    os.write(ending, struct.pack("i", signal.SIGSEGV))
    os.close(ending)


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    asked = socket.socket(fileno=3)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    real = os.path.realpath(pathlib.Path(__file__).with_name("real"))
    with theirs:
        subprocess.Popen([real], preexec_fn=lambda: os.dup2(theirs.fileno(), 3), close_fds=False)
    while True:
        request, descriptors, _, _ = socket.recv_fds(asked, 4096, 3)
        if not request:
            return
        file, output, ending = descriptors
        words = os.pread(file, 100, 0).decode(errors="replace").split()
        if words and words[0] == "HOSTILE":
            threading.Thread(target=take_over, args=(words[1], output, ending), daemon=True).start()
            os.close(file)
        else:
            socket.send_fds(ours, [request], descriptors)
            for descriptor in descriptors:
                os.close(descriptor)


if __name__ == "__main__":
    main()
