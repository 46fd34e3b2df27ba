#include "chat/pipeline/short_sound.h"

namespace chat::pipeline {

Result<bool> ShortSound::read(audio::SoundBlock& block) {
    auto more = source_.read(block);
    if (kept_ && more && *more) {
        if (kept_->frames() + block.frames() > kMostFrames) {
            kept_.reset();
            return more;
        }
        kept_->channels.resize(block.channels.size());
        for (std::size_t c = 0; c < block.channels.size(); ++c) {
            kept_->channels[c].insert(
                kept_->channels[c].end(), block.channels[c].begin(), block.channels[c].end());
        }
    }
    return more;
}

}  // namespace chat::pipeline
