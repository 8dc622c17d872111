#pragma once

#include "messages/secret.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace agent_server {

/// Asks `outbound` for one HTTP exchange. Redirects are followed; a proxy is
/// taken from the usual variables. Nothing is retried here.
struct http_request {
  /// What the trace calls it, e.g. "GET task". Static storage.
  const char* label = "";
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  secret bearer; // Authorization: Bearer …, when not empty
  std::string body;
  /// Sent in place of `body`: one too large to be copied.
  std::shared_ptr<const std::string> shared_body = {};
  /// Where the body of a 2xx answer goes, a file that nobody else may read; it
  /// is removed when there is no whole answer. Empty: into memory.
  std::string to_file = {};
  /// Goes past any proxy.
  bool direct = false;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{20'000};
  /// A larger body fails with `ec::http_too_large`.
  std::size_t max_body = 16u << 20;
};

/// Any answer with a status line. Errors: `ec::http_connect`,
/// `ec::http_broken`, `ec::http_unusable`, `ec::http_timeout`,
/// `ec::http_too_large`.
struct http_response {
  int status = 0;
  std::shared_ptr<const std::string> body; // empty when it went to a file
  std::size_t body_size = 0;
  /// `Retry-After` in its seconds form.
  std::optional<std::chrono::seconds> retry_after;
};

} // namespace agent_server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::http_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::http_response)
