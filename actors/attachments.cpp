#include "actors/attachments.hpp"

#include "messages/wire/content_blocks.hpp"

#include <set>
#include <utility>

namespace agent_server {

namespace {

constexpr const char* no_name = "attachment";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\n\v\f\r";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string_view last_part(std::string_view path) {
  while (!path.empty() && path.back() == '/')
    path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);
}

bool is_safe(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

/// One `_` for each UTF-16 unit that is not safe, as callers count.
std::string with_safe_characters(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_safe(c))
      out += c;
    else if (byte >= 0xF0)
      out += "__";
    else if (byte < 0x80 || byte >= 0xC0)
      out += '_';
  }
  if (out.size() > max_attachment_name)
    out.erase(0, out.size() - max_attachment_name);
  return out;
}

bool names_a_file(const std::string& name) {
  return !name.empty() && name != "." && name != "..";
}

const std::string& shown_name(const attachment& file) {
  return file.name.empty() ? file.id : file.name;
}

} // namespace

std::string safe_file_name(std::string_view name) {
  auto safe = with_safe_characters(trimmed(last_part(name)));
  return names_a_file(safe) ? safe : no_name;
}

std::string attachment_place(const attachment& file) {
  const auto name = safe_file_name(file.name);
  const auto id = with_safe_characters(file.id);
  return (names_a_file(id) ? id : name) + "/" + name;
}

std::vector<attachment> fetchable(const std::vector<attachment>& wanted,
                                  std::vector<std::string>& refusals) {
  std::vector<attachment> found;
  for (const auto& file : wanted) {
    if (file.storage_path.empty())
      refusals.push_back("the attachment " + shown_name(file)
                         + " has no storage_path: it is left out");
    else if (found.size() == max_attachments)
      refusals.push_back("the attachment " + shown_name(file)
                         + " is left out: a message may bring "
                         + std::to_string(max_attachments));
    else
      found.push_back(file);
  }
  return found;
}

caf::result<attachments_fetched>
attachments_state::fetch(const fetch_attachments& m) {
  const auto id = ++last_batch;
  auto& next = batches[id];
  next.files = m.attachments;
  next.promise = self->make_response_promise<attachments_fetched>();
  std::set<std::string> taken;
  for (const auto& file : m.attachments) {
    const auto place = attachment_place(file);
    auto free = place;
    for (int i = 2; !taken.insert(free).second; ++i)
      free = std::to_string(i) + "-" + place;
    next.paths.push_back(directory + "/" + free);
  }
  next.missing = next.files.size() + 1;
  const auto promise = next.promise;
  for (std::size_t i = 0; i < m.attachments.size(); ++i)
    fetch_one(id, i);
  one_came(id);
  return promise;
}

void attachments_state::fetch_one(std::uint32_t id, std::size_t which) {
  const auto& path = batches.at(id).paths.at(which);
  make_working_directory ask;
  ask.path = path.substr(0, path.rfind('/'));
  ask.what = "The attachment's directory";
  self->request(disk, caf::infinite, std::move(ask))
    .then(
      [this, id, which](const working_directory_made&) { download(id, which); },
      [this, id, which](const caf::error& err) { fail(id, which, err); });
}

void attachments_state::download(std::uint32_t id, std::size_t which) {
  const auto found = batches.find(id);
  if (found == batches.end())
    return; // another has failed
  const auto& wanted = found->second;
  self
    ->request(control_plane, caf::infinite,
              download_artifact{wanted.files.at(which).storage_path,
                                wanted.paths.at(which), max_attachment_size})
    .then([this, id](const artifact_downloaded&) { one_came(id); },
          [this, id, which](const caf::error& err) { fail(id, which, err); });
}

void attachments_state::one_came(std::uint32_t id) {
  const auto found = batches.find(id);
  if (found == batches.end() || --found->second.missing > 0)
    return;
  auto done = std::move(found->second);
  batches.erase(found);
  std::string blocks;
  for (std::size_t i = 0; i < done.files.size(); ++i) {
    blocks += i == 0 ? '[' : ',';
    blocks += file_link_block(done.files[i], done.paths[i]);
  }
  if (!blocks.empty())
    blocks += ']';
  done.promise.deliver(attachments_fetched{std::move(blocks)});
}

void attachments_state::fail(std::uint32_t id, std::size_t which,
                             const caf::error& err) {
  const auto found = batches.find(id);
  if (found == batches.end())
    return;
  auto failed = std::move(found->second);
  batches.erase(found);
  const auto text =
    "Failed to download artifact " + shown_name(failed.files.at(which));
  log->warn(text + ": " + describe(err));
  failed.promise.deliver(make_failure(ec::agent_error, text));
}

attachments_actor::behavior_type
attachments(attachments_self* self, control_plane_actor control_plane,
            disk_actor disk, std::string directory, logger log) {
  auto& state = self->state;
  state.self = self;
  state.control_plane = std::move(control_plane);
  state.disk = std::move(disk);
  state.directory = std::move(directory);
  state.log = std::move(log);
  return {
    [self](const fetch_attachments& m) { return self->state.fetch(m); },
  };
}

} // namespace agent_server
