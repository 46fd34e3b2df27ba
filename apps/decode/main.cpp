// chat-decode: the decoders' host. `chat` starts it with a socket; it is of no use to a person.

#include "chat/audio/decode_request.h"
#include "chat/audio/decode_server.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <cstdio>

int main() {
    struct stat status{};
    if (::fstat(chat::audio::kHostSocket, &status) != 0 || !S_ISSOCK(status.st_mode)) {
        std::fputs("chat-decode decodes recordings for chat, which starts it.\n", stderr);
        return 2;
    }
    return chat::audio::hostDecoders(chat::audio::kHostSocket);
}
