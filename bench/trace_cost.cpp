// What a trace record costs: ns a record, on one thread and on two at once.
// usage: trace_cost [--json FILE]
#include "actors/trace/recorder.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

namespace {

constexpr int records = 2'000'000;
constexpr int rounds = 7;

double ns_a_record(int threads) {
  std::vector<double> taken;
  for (int round = 0; round < rounds; ++round) {
    const auto began = agent_server::trace::now();
    std::vector<std::thread> all;
    all.reserve(static_cast<std::size_t>(threads));
    for (int i = 0; i < threads; ++i)
      all.emplace_back([] {
        for (int n = 0; n < records; ++n)
          agent_server::trace::note_edge("bench");
      });
    for (auto& thread : all)
      thread.join();
    taken.push_back(static_cast<double>(agent_server::trace::now() - began)
                    / records);
  }
  std::sort(taken.begin(), taken.end());
  return taken[rounds / 2];
}

} // namespace

int main(int argc, char** argv) {
  const auto one = ns_a_record(1);
  const auto two = ns_a_record(2);
  std::printf("trace: ns a record, clock included, median of %d\n", rounds);
  std::printf("  one thread            %6.1f\n", one);
  std::printf("  two at once, each     %6.1f\n", two);
  if (argc == 3 && std::strcmp(argv[1], "--json") == 0) {
    if (auto* file = std::fopen(argv[2], "w")) {
      std::fprintf(file,
                   "{\"nsPerRecordOneThread\":%.2f,"
                   "\"nsPerRecordTwoThreads\":%.2f}\n",
                   one, two);
      std::fclose(file);
    }
  }
}
