#include "store_option.h"

#include "chat/store/result_store.h"

namespace chat::cli {

void addStoreOption(CLI::App& command, std::string& file) {
    command
        .add_option("--store", file, "File in which finished work, the queue and errors are kept")
        ->type_name("FILE")
        ->default_str("store.sqlite in the data folder");
}

std::filesystem::path storeFileOf(const std::string& given) {
    return given.empty() ? store::defaultStoreFile() : std::filesystem::path(given);
}

}  // namespace chat::cli
