#include "actors/io/mapped_code.hpp"

#include <algorithm>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

namespace agent_server {

namespace {

int note_object(dl_phdr_info* object, std::size_t, void* into) {
  static_cast<std::vector<std::uintptr_t>*>(into)->push_back(object->dlpi_addr);
  return 0;
}

bool is_read_only(const ElfW(Phdr) & segment) {
  return segment.p_type == PT_LOAD && (segment.p_flags & PF_W) == 0;
}

void let_go(const ElfW(Phdr) & segment, std::uintptr_t load_address) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  // Whole pages only: the one at the end may be shared with written data.
  const auto begin = (load_address + segment.p_vaddr + page - 1) & ~(page - 1);
  const auto end =
    (load_address + segment.p_vaddr + segment.p_filesz) & ~(page - 1);
  if (begin < end)
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

int let_go_if_newer(dl_phdr_info* object, std::size_t, void* data) {
  const auto& known = *static_cast<const std::vector<std::uintptr_t>*>(data);
  if (std::find(known.begin(), known.end(), object->dlpi_addr) != known.end())
    return 0;
  for (int i = 0; i < object->dlpi_phnum; ++i)
    if (is_read_only(object->dlpi_phdr[i]))
      let_go(object->dlpi_phdr[i], object->dlpi_addr);
  return 0;
}

} // namespace

mapped_code::mapped_code() {
  dl_iterate_phdr(note_object, &known_);
}

void mapped_code::let_go_of_newer() const {
  auto known = known_;
  dl_iterate_phdr(let_go_if_newer, &known);
}

} // namespace agent_server
