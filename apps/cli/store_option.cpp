#include "store_option.h"

#include "chat/store/result_store.h"

#include <cstdlib>

namespace chat::cli {

void addStoreOption(CLI::App& command, std::string& file) {
    command
        .add_option("--store", file, "File in which finished work, the queue and errors are kept")
        ->type_name("FILE")
        ->default_str("store.sqlite in the data folder");
}

std::filesystem::path storeFileOf(const std::string& given) {
    // Written, where the configuration names another file, before there is a second thread.
    const char* configured = std::getenv("CHAT_STORE");  // NOLINT(concurrency-mt-unsafe)
    return !given.empty()                                 ? std::filesystem::path(given)
           : configured != nullptr && *configured != '\0' ? std::filesystem::path(configured)
                                                          : store::defaultStoreFile();
}

}  // namespace chat::cli
