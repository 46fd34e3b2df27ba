"""The gaps between the words of a transcript as silences: faster-whisper's, each channel by itself."""
import functools
import os
import pathlib

import numpy as np

import peers


def models():
    """The folder of the installed models, as CHAT finds it."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return pathlib.Path(os.environ.get("CHAT_MODELS") or cache / "chat" / "models")


@functools.cache
def pipeline():
    # Here, because it takes seconds to load, and the workers of the table do without.
    from faster_whisper import BatchedInferencePipeline, WhisperModel
    return BatchedInferencePipeline(WhisperModel(str(models() / "base"), compute_type="int8", cpu_threads=2))


def transcript_gaps(path):
    """Model base, int8, batches of 8, beam 5, its speech detector on, the language found by itself."""
    sound = peers.decode(path, 16000)
    spoken = []
    for channel in sound.T:
        if np.any(channel):
            segments, _ = pipeline().transcribe(np.ascontiguousarray(channel), word_timestamps=True)
            spoken += [(word.start, word.end) for segment in segments for word in segment.words]
    return peers.outside(spoken, len(sound) / 16000)
