#include "actors/spool_files.hpp"

#include "io_fixture.hpp"
#include "messages/wire/stream_frame.hpp"

#include <catch2/catch.hpp>
#include <fstream>

using namespace agent_server;

namespace {

struct fixture {
  std::shared_ptr<stream_frame> make(std::uint64_t seq,
                                     const std::string& text) const {
    auto result = std::make_shared<stream_frame>();
    result->epoch = epoch;
    result->seq = seq;
    result->id = std::make_shared<const std::string>(id_line({epoch, seq}));
    result->data =
      std::make_shared<const std::string>("data: " + text + "\n\n");
    return result;
  }

  /// The spool as the next server finds it.
  spool_opened reopen() {
    files.reset();
    files.emplace(directory / "events/run", limits);
    auto found = files->open(100);
    REQUIRE(found);
    epoch = found->epoch;
    next = found->next;
    return *found;
  }

  void add(const std::string& text) {
    CHECK_FALSE(files->append({make(next++, text)}));
  }

  std::vector<std::filesystem::path> segments() const {
    std::vector<std::filesystem::path> result;
    for (const auto& each :
         std::filesystem::directory_iterator{directory / "events/run"})
      if (each.path().extension() == ".sse")
        result.push_back(each.path());
    std::sort(result.begin(), result.end());
    return result;
  }

  std::string read(std::uint64_t from, std::size_t max_bytes = 1u << 20) {
    std::string result;
    for (const auto& each : files->read(from, max_bytes))
      result += *each->id + *each->data;
    return result;
  }

  test::scratch_directory directory;
  spool_limits limits;
  std::optional<spool_files> files;
  std::uint64_t epoch = 0;
  std::uint64_t next = 0;
};

} // namespace

TEST_CASE_METHOD(fixture, "an empty spool begins with number 1 and the time") {
  const auto found = reopen();
  CHECK(found.epoch == 100);
  CHECK(found.next == 1);
  CHECK(found.received == 0);
  CHECK(found.earlier.empty());
}

TEST_CASE_METHOD(fixture, "what was written is read back from any number") {
  reopen();
  for (int i = 1; i <= 3; ++i)
    add(std::to_string(i));
  CHECK(read(1)
        == "id: 100.1\ndata: 1\n\nid: 100.2\ndata: 2\n\n"
           "id: 100.3\ndata: 3\n\n");
  CHECK(read(3) == "id: 100.3\ndata: 3\n\n");
  CHECK(read(4).empty());
  CHECK(read(2, 1) == "id: 100.2\ndata: 2\n\n");
}

TEST_CASE_METHOD(fixture, "the next server goes on with the numbers in an "
                          "epoch of its own") {
  reopen();
  add("a");
  add("b");
  const auto found = reopen();
  CHECK(found.epoch == 101);
  CHECK(found.next == 3);
  REQUIRE(found.earlier.size() == 1);
  CHECK(found.earlier[0].epoch == 100);
  CHECK(found.earlier[0].first == 1);
  CHECK(found.earlier[0].last == 2);
  add("c");
  CHECK(read(2) == "id: 100.2\ndata: b\n\n");
  CHECK(read(3) == "id: 101.3\ndata: c\n\n");
}

TEST_CASE_METHOD(fixture, "an event that was cut short never was") {
  reopen();
  add("a");
  add("b");
  files.reset();
  const auto file = segments().at(0);
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
  CHECK(reopen().next == 2);
  add("c");
  CHECK(read(1) == "id: 100.1\ndata: a\n\n");
  CHECK(read(2) == "id: 101.2\ndata: c\n\n");
}

TEST_CASE_METHOD(fixture, "a file without a whole event is removed") {
  reopen();
  add("a");
  files.reset();
  std::filesystem::resize_file(segments().at(0), 5);
  const auto found = reopen();
  CHECK(found.next == 1);
  CHECK(segments().empty());
}

TEST_CASE_METHOD(fixture, "what clients have received is remembered, and is "
                          "no more than there is") {
  reopen();
  add("a");
  add("b");
  files->note_received(1);
  CHECK(reopen().received == 1);
  files->note_received(9);
  CHECK(reopen().received == 2);
}

TEST_CASE_METHOD(fixture, "the oldest events give way to the bound") {
  limits.bytes = 10'000;
  limits.segment = 1'000;
  reopen();
  for (int i = 0; i < 300; ++i) {
    add(std::string(100, 'x'));
    CHECK(files->bytes() <= limits.bytes + 150);
  }
  const auto oldest = files->read(1, 1).at(0)->seq;
  CHECK(oldest > 200);
  CHECK(files->read(300, 1).at(0)->seq == 300);
  std::uintmax_t size = 0;
  for (const auto& each : segments())
    size += std::filesystem::file_size(each);
  CHECK(size == files->bytes());
}

TEST_CASE_METHOD(fixture, "the number of files is bounded too") {
  limits.segment = 1;
  limits.segments = 5;
  reopen();
  for (int i = 0; i < 20; ++i)
    add("x");
  CHECK(segments().size() == 5);
}

TEST_CASE_METHOD(fixture, "an event larger than a file or a piece survives") {
  limits.segment = 1'000;
  reopen();
  const std::string large(3u << 20, 'x');
  add("a");
  add(large);
  add("b");
  CHECK(files->read(2, 1).at(0)->data->size() == large.size() + 8);
  CHECK(read(3) == "id: 100.3\ndata: b\n\n");
}

TEST_CASE_METHOD(fixture, "events far into a large file are found") {
  reopen();
  frame_list frames;
  for (std::uint64_t i = 1; i <= 20'000; ++i)
    frames.push_back(make(i, std::to_string(i)));
  REQUIRE_FALSE(files->append(frames));
  next = 20'001;
  for (const std::uint64_t wanted : {1, 9'999, 20'000}) {
    CHECK(files->read(wanted, 1).at(0)->seq == wanted);
    CHECK(*files->read(wanted, 1).at(0)->data == *frames[wanted - 1]->data);
  }
  reopen();
  CHECK(files->read(12'345, 1).at(0)->seq == 12'345);
}

TEST_CASE_METHOD(fixture, "each file that was written is put on the disk once "
                          "a round") {
  limits.segment = 1;
  reopen();
  add("a");
  add("b");
  auto fds = files->take_unsynced();
  CHECK(fds.size() == 2);
  for (const auto fd : fds)
    ::close(fd);
  CHECK(files->take_unsynced().empty());
}

TEST_CASE("a spool that cannot be made names the file") {
  spool_files files{"/proc/nowhere"};
  const auto found = files.open(1);
  REQUIRE_FALSE(found);
  CHECK(describe(found.error()).find("/proc/nowhere/received")
        != std::string::npos);
}

TEST_CASE_METHOD(fixture, "only the owner may read the events") {
  reopen();
  add("a");
  const auto mode = std::filesystem::status(segments().at(0)).permissions();
  CHECK((mode & std::filesystem::perms{077}) == std::filesystem::perms::none);
}
