#pragma once

#include "chat/core/error.h"

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

namespace chat::source {

/// Secrets in the system's keyring (the Secret Service of the desktop session: GNOME Keyring, KWallet, KeePassXC), each with a name.
/// An entry has the attributes application = "chat" and name.
///
/// Every call ends after `patience`, whatever the keyring does, or when it is asked to stop. Errors: CFG_PERM_CREDENTIAL, whose
/// sentences never quote the secret; SYS_STATE_STOPPED. Any thread may call; the first call leaves a thread of the library behind
/// ("gdbus").

/// Whether an entry can be called so: letters, digits, ".", "_" and "-", at most 64. Such a name can be shown and given to a command.
[[nodiscard]] bool isKeyringName(std::string_view name);

/// Nobody is asked to unlock the keyring: a run at night would wait for a person.
[[nodiscard]] Result<std::string> readFromKeyring(const std::string& name,
                                                  std::chrono::milliseconds patience,
                                                  const std::stop_token& stop = {});

/// Takes the place of an earlier one. The person is asked to unlock the keyring, or to make one, where that is needed.
[[nodiscard]] Status keepInKeyring(const std::string& name,
                                   const std::string& secret,
                                   std::chrono::milliseconds patience,
                                   const std::stop_token& stop = {});

/// The person is asked to unlock the keyring where that is needed. An error where there is no such entry.
[[nodiscard]] Status removeFromKeyring(const std::string& name,
                                       std::chrono::milliseconds patience,
                                       const std::stop_token& stop = {});

}  // namespace chat::source
