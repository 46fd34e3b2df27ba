#pragma once

namespace chat::audio {

/// The decoders' host: takes `DecodeRequest`s from a socket and makes a process for each, a copy of this one, which goes
/// into the sandbox and decodes. The host itself never looks at a recording. It has FFmpeg's hundred libraries loaded,
/// which takes thirty times as long as a copy.
///
/// Returns 0 when the socket's other end is closed; its decoders die with it. For the main thread of a process
/// that has no other, with the standard descriptors on /dev/null.
[[nodiscard]] int hostDecoders(int socket);

}  // namespace chat::audio
