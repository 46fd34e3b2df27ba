#pragma once

namespace chat {

/// Deleter for handles that their library releases through the handle: `Release(h)`.
template <auto Release>
struct ReleaseValue {
    template <typename T>
    void operator()(T* handle) const noexcept {
        Release(handle);
    }
};

/// Deleter for handles that their library releases and nulls through their address: `Release(&h)`.
template <auto Release>
struct ReleaseAddress {
    template <typename T>
    void operator()(T* handle) const noexcept {
        Release(&handle);
    }
};

}  // namespace chat
