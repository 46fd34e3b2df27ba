#include "chat/source/rest/keyring.h"

#include "chat/core/c_handle.h"

#include <fmt/format.h>
#include <libsecret/secret.h>

#include <algorithm>
#include <functional>
#include <memory>

namespace chat::source {

namespace {

struct ReleaseObject {
    void operator()(void* object) const noexcept { g_object_unref(object); }
};
struct ReleaseItems {
    void operator()(GList* items) const noexcept { g_list_free_full(items, g_object_unref); }
};
template <typename T>
using ObjectPtr = std::unique_ptr<T, ReleaseObject>;
using ErrorPtr = std::unique_ptr<GError, ReleaseValue<g_error_free>>;
using ContextPtr = std::unique_ptr<GMainContext, ReleaseValue<g_main_context_unref>>;
using TimerPtr = std::unique_ptr<GSource, ReleaseValue<g_source_unref>>;
using TablePtr = std::unique_ptr<GHashTable, ReleaseValue<g_hash_table_unref>>;
using ItemsPtr = std::unique_ptr<GList, ReleaseItems>;
using ValuePtr = std::unique_ptr<SecretValue, ReleaseValue<secret_value_unref>>;

/// An entry that another program made with these attributes will do, whatever it calls its schema.
const SecretSchema& schema() {
    static const SecretSchema kSchema = [] {
        SecretSchema schema{};
        schema.name = "chat.Credential";
        schema.flags = SECRET_SCHEMA_DONT_MATCH_NAME;
        schema.attributes[0] = {"application", SECRET_SCHEMA_ATTRIBUTE_STRING};
        schema.attributes[1] = {"name", SECRET_SCHEMA_ATTRIBUTE_STRING};
        return schema;
    }();
    return kSchema;
}

tl::unexpected<Error> unusable(std::string what, std::string cause = {}) {
    return fail(ErrorCode::CfgPermCredential, std::move(what), std::move(cause));
}

std::string absent(const std::string& name) {
    return fmt::format("The keyring has no secret {}, or is locked", name);
}

/// Asks the keyring and waits for its answers, until the patience is at an end.
///
/// The library's own calls that wait do so without end when a prompt is not answered. Here they are begun in a main context that
/// nobody else has; whatever is answered after its end is heard by nobody.
class Asking {
  public:
    Asking(std::chrono::milliseconds patience, const std::stop_token& stop)
        : patience_(patience)
        , context_(g_main_context_new())
        , cancel_(g_cancellable_new())
        , timer_(g_timeout_source_new(static_cast<guint>(patience.count())))
        , stop_(stop)
        , wake_(stop, [this] { g_main_context_wakeup(context_.get()); }) {
        g_main_context_push_thread_default(context_.get());
        g_source_set_callback(timer_.get(), &Asking::end, this, nullptr);
        g_source_attach(timer_.get(), context_.get());
    }
    ~Asking() {
        g_source_destroy(timer_.get());
        g_cancellable_cancel(cancel_.get());
        secret_service_disconnect();
        // What the library's objects leave behind is freed by their context.
        while (g_main_context_iteration(context_.get(), FALSE) != FALSE) {
        }
        g_main_context_pop_thread_default(context_.get());
    }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;
    Asking(Asking&&) = delete;
    Asking& operator=(Asking&&) = delete;

    [[nodiscard]] GCancellable* cancel() const { return cancel_.get(); }

    /// What a call is begun with, beside itself as data: takes its answer.
    static void take(GObject* /*source*/, GAsyncResult* result, void* self) {
        static_cast<Asking*>(self)->answer_.reset(G_ASYNC_RESULT(g_object_ref(result)));
    }

    /// The answer to the call that was begun last, from what the library takes it with.
    template <typename Take>
    [[nodiscard]] auto answer(const Take& finish) -> Result<decltype(finish(nullptr, nullptr))> {
        while (!answer_ && !ended_ && !stop_.stop_requested()) {
            g_main_context_iteration(context_.get(), TRUE);
        }
        if (!answer_ && !ended_) {
            return fail(ErrorCode::SysStateStopped, "Asking the keyring was stopped");
        }
        if (!answer_) {
            return unusable(fmt::format("The keyring did not answer within {} s",
                                        std::chrono::duration<double>(patience_).count()));
        }
        const ObjectPtr<GAsyncResult> answer = std::move(answer_);
        GError* raw = nullptr;
        auto got = finish(answer.get(), &raw);
        if (const ErrorPtr error{raw}) {
            return problem(*error);
        }
        return got;
    }

    /// To be called first.
    [[nodiscard]] Status connect() {
        g_bus_get(G_BUS_TYPE_SESSION, cancel(), &Asking::take, this);
        return answer(&g_bus_get_finish).map([this](GDBusConnection* bus) {
            bus_.reset(bus);
            // As it comes it ends the program when the desktop session ends, which a run may outlive.
            g_dbus_connection_set_exit_on_close(bus, FALSE);
        });
    }

  private:
    static gboolean end(void* self) {
        static_cast<Asking*>(self)->ended_ = true;
        return G_SOURCE_REMOVE;
    }

    /// The library's own words name sockets and paths.
    static tl::unexpected<Error> problem(const GError& error) {
        const std::string cause = fmt::format("{} {}", g_quark_to_string(error.domain), error.code);
        const auto is = [&](GQuark domain, int code) {
            return g_error_matches(&error, domain, code) != FALSE;
        };
        if (is(SECRET_ERROR, SECRET_ERROR_IS_LOCKED) || is(G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
            return unusable("The keyring is locked and was not unlocked", cause);
        }
        if (is(G_IO_ERROR, G_IO_ERROR_TIMED_OUT) || is(G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY)) {
            return unusable("The keyring did not answer", cause);
        }
        if (error.domain == G_IO_ERROR || error.domain == G_DBUS_ERROR ||
            error.domain == G_SPAWN_ERROR) {
            return unusable("There is no keyring here, as under cron or without a desktop session",
                            cause);
        }
        return unusable("The keyring could not be used", cause);
    }

    std::chrono::milliseconds patience_;
    ContextPtr context_;
    ObjectPtr<GCancellable> cancel_;
    TimerPtr timer_;
    ObjectPtr<GDBusConnection> bus_;  ///< the library takes the one that is there
    ObjectPtr<GAsyncResult> answer_;
    bool ended_ = false;
    std::stop_token stop_;
    std::stop_callback<std::function<void()>> wake_;  ///< last: it uses the others
};

TablePtr attributesOf(const std::string& name) {
    return TablePtr(
        secret_attributes_build(&schema(), "application", "chat", "name", name.c_str(), nullptr));
}

/// The first entry that is not locked.
Result<std::string> secretOf(const GList* items, const std::string& name) {
    for (const GList* at = items; at != nullptr; at = at->next) {
        auto* item = static_cast<SecretItem*>(at->data);
        if (const ValuePtr value{secret_item_get_secret(item)}) {
            gsize length = 0;
            const char* text = secret_value_get(value.get(), &length);
            return std::string(text, length);
        }
    }
    return items == nullptr
               ? unusable(
                     fmt::format("{}; put it there: chat telephony login {}", absent(name), name))
               : unusable("The keyring is locked; it opens with the log-in to the desktop");
}

}  // namespace

bool isKeyringName(std::string_view name) {
    constexpr std::size_t kLongestName = 64;
    return !name.empty() && name.size() <= kLongestName &&
           std::ranges::all_of(name, [](char letter) {
               return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                      (letter >= '0' && letter <= '9') || letter == '.' || letter == '_' ||
                      letter == '-';
           });
}

Result<std::string> readFromKeyring(const std::string& name,
                                    std::chrono::milliseconds patience,
                                    const std::stop_token& stop) {
    Asking asking(patience, stop);
    return asking.connect().and_then([&] {
        secret_service_search(
            nullptr,
            &schema(),
            attributesOf(name).get(),
            static_cast<SecretSearchFlags>(SECRET_SEARCH_ALL | SECRET_SEARCH_LOAD_SECRETS),
            asking.cancel(),
            &Asking::take,
            &asking);
        return asking
            .answer([](GAsyncResult* answer, GError** error) {
                return secret_service_search_finish(nullptr, answer, error);
            })
            .and_then([&](GList* found) {
                const ItemsPtr items(found);
                return secretOf(items.get(), name);
            });
    });
}

Status keepInKeyring(const std::string& name,
                     const std::string& secret,
                     std::chrono::milliseconds patience,
                     const std::stop_token& stop) {
    Asking asking(patience, stop);
    return asking.connect().and_then([&]() -> Status {
        secret_password_storev(&schema(),
                               attributesOf(name).get(),
                               SECRET_COLLECTION_DEFAULT,
                               ("CHAT: " + name).c_str(),
                               secret.c_str(),
                               asking.cancel(),
                               &Asking::take,
                               &asking);
        return asking.answer(&secret_password_store_finish).map([](gboolean) {});
    });
}

Status removeFromKeyring(const std::string& name,
                         std::chrono::milliseconds patience,
                         const std::stop_token& stop) {
    Asking asking(patience, stop);
    return asking.connect().and_then([&]() -> Status {
        secret_password_clearv(
            &schema(), attributesOf(name).get(), asking.cancel(), &Asking::take, &asking);
        return asking.answer(&secret_password_clear_finish)
            .and_then([&](gboolean removed) -> Status {
                return removed != FALSE ? Status{} : unusable(absent(name));
            });
    });
}

}  // namespace chat::source
