#include "chat/core/write_point.h"

#include <utility>

namespace chat {

namespace {

thread_local const char* point = nullptr;

}  // namespace

WritePoint::WritePoint(const char* name)
    : before_(std::exchange(point, name)) {}

WritePoint::~WritePoint() {
    point = before_;
}

}  // namespace chat

const char* chat_write_point() {
    return chat::point;
}
