#include "actors/disk.hpp"

#include "actors/io/private_file.hpp"
#include "actors/working_directory.hpp"
#include "messages/wire/config_json.hpp"
#include "messages/wire/notifications.hpp"

#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace agent_server {

namespace {

// Settings files are small; a larger one is not one.
constexpr std::size_t max_settings_size = 1u << 20;

const char* to_string(log_level level) {
  switch (level) {
    case log_level::debug: return "debug";
    case log_level::info: return "info";
    case log_level::warn: return "warn";
    case log_level::error: return "error";
  }
  return "info";
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return; // nobody to tell: this is where errors are told
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size()
         && text.substr(text.size() - end.size()) == end;
}

} // namespace

void disk_state::write_line(const log_line& line) const {
  std::string bytes;
  if (!line.bare) {
    bytes = iso_timestamp(std::chrono::system_clock::now());
    bytes += " [AgentServer] [";
    bytes += to_string(line.level);
    bytes += "] ";
  }
  bytes += line.text;
  bytes += '\n';
  write_all(log_fd, bytes);
}

pinned_model
disk_state::find_pinned(const std::vector<std::string>& paths) const {
  for (const auto& path : paths) {
    std::ifstream file{path, std::ios::binary};
    if (!file)
      continue;
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (text.size() > max_settings_size) {
      write_line({log_level::warn, path + " is too large to be settings"});
      continue;
    }
    if (ends_with(path, ".toml")) {
      if (auto model = model_of_codex_config(text); !model.empty())
        return {model};
      continue;
    }
    auto model = model_of_claude_settings(text);
    if (!model)
      write_line({log_level::warn, path + ": " + describe(model.error())});
    else if (!model->empty())
      return {*model};
  }
  return {};
}

caf::result<pinned_model>
disk_state::read_pinned(const read_pinned_model& ask) const {
  const auto span = trace::begin_span("read settings");
  auto found = find_pinned(ask.paths);
  const trace::scope scope{trace::end_span(span)};
  auto promise = self->make_response_promise<pinned_model>();
  promise.deliver(std::move(found));
  return promise;
}

disk_actor::behavior_type disk(disk_self* self, int log_fd) {
  self->state.self = self;
  self->state.log_fd = log_fd;
  return {
    [self](const log_line& line) { self->state.write_line(line); },
    [](const flush_disk&) { return disk_flushed{}; },
    [self](const read_pinned_model& ask) {
      return self->state.read_pinned(ask);
    },
    [](const make_working_directory& ask)
      -> caf::result<working_directory_made> {
      if (auto problem = prepare_working_directory(ask))
        return problem;
      return working_directory_made{};
    },
    [](const remove_file& m) { ::unlink(m.path.c_str()); },
    [](const write_file& m) -> caf::result<file_written> {
      if (auto problem = write_private_file(m.path, m.text.reveal()))
        return problem;
      return file_written{};
    },
  };
}

} // namespace agent_server
