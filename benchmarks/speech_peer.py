"""faster-whisper's batched pipeline on some files: prints seconds, words and peak memory as JSON.
Usage: speech_peer.py MODEL-FOLDER BEAM WORD-TIMES(0|1) FILE..."""
import json
import resource
import sys
import time

from faster_whisper import BatchedInferencePipeline, WhisperModel

model, beam, word_times, files = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "1", sys.argv[4:]
started = time.perf_counter()
pipeline = BatchedInferencePipeline(WhisperModel(model, compute_type="int8", cpu_threads=2))
loaded = time.perf_counter()
words = 0
for file in files:
    segments, _ = pipeline.transcribe(
        file, language="en", batch_size=8, beam_size=beam, vad_filter=True, word_timestamps=word_times)
    words += sum(len(segment.text.split()) for segment in segments)
print(json.dumps({
    "load": loaded - started, "run": time.perf_counter() - loaded, "words": words,
    "memoryMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
