"""Ctrl-C: once ends after the window in hand and writes the report of what is done; twice ends at once."""

import os
import signal
import subprocess
import time
import unittest

from support import ChatTest, clip


class Interrupt(ChatTest):
    def start(self, calls):
        process = subprocess.Popen(
            self.command(*calls, "--model", "tiny.en"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.addCleanup(process.kill)
        return process

    def wait_for_first_call(self, process):
        line = process.stderr.readline()
        self.assertIn("[1/", line)

    def test_once(self):
        calls = [clip(self.folder / f"{i}.wav", 20 * i, 20) for i in range(8)]
        process = self.start(calls)
        self.wait_for_first_call(process)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertRegex(output, r"calls? (is|are) not done; .*\n.*chat run --batch")
        report = self.report()
        self.assertFalse(report["run"]["complete"])
        self.assertEqual(len(report["calls"]), 8)
        status = [call["status"] for call in report["calls"]]
        self.assertGreaterEqual(status.count("analyzed"), 1)
        self.assertGreaterEqual(status.count("stopped"), 1)
        self.assertEqual(status.count("failed"), 0)
        self.analyze(*calls, "--model", "tiny.en")
        timings = {timing["stage"]: timing for timing in self.report()["run"]["timings"]}
        self.assertGreaterEqual(timings["transcribe"]["reused"], status.count("analyzed"))

    def test_twice(self):
        calls = [clip(self.folder / f"{i}.wav", 20 * i, 20) for i in range(8)]
        process = self.start(calls)
        self.wait_for_first_call(process)
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
        began = time.time()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertLess(time.time() - began, 1.0)
        left = [name for name in os.listdir(self.folder) if ".part-" in name]
        self.assertEqual(left, [], "the half report goes with it")


if __name__ == "__main__":
    unittest.main()
